package io.vatio.reading;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A correction that was made, and what the reading was before.
///
/// @param undoneAt when it was taken back, null while it holds
/// @param undoneBy who took it back
public record Corrected(
    long id,
    int seriesId,
    long ts,
    double oldValue,
    int oldQuality,
    double newValue,
    int newQuality,
    String reason,
    String author,
    Instant at,
    @Nullable Instant undoneAt,
    @Nullable String undoneBy) {}
