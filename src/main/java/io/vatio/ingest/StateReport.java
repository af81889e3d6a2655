package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DeviceTemplate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a device says of itself.
///
/// @param state its operating state, null = not said
/// @param parameters replace the known ones, null or empty = not said
/// @param configuration replaces the known one, null or empty = not said
/// @param at when; null = when the message arrived
public record StateReport(
    DeviceTemplate device,
    @Nullable String state,
    @Nullable ObjectNode parameters,
    @Nullable ObjectNode configuration,
    @Nullable Instant at) {}
