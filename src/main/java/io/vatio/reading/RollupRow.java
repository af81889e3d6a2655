package io.vatio.reading;

import org.jspecify.annotations.Nullable;

/// What a clock hour or a day of one series adds up to, as it is stored.
///
/// @param from first microsecond of it
/// @param to first microsecond behind it
/// @param sums treat as unmodifiable
/// @param minutes see [RollupMinutes], null where they are not kept
record RollupRow(int seriesId, long from, long to, Aggregate sums, byte @Nullable [] minutes) {}
