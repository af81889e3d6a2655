package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/// One line of a device's history: its operating state and what it reported at that moment.
public record StateLog(long deviceId, Instant at, String state, ObjectNode parameters) {}
