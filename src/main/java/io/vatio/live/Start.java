package io.vatio.live;

import java.util.List;

/// Where a listener begins.
///
/// @param deviceNumber place in the ring of device changes
/// @param changed devices whose present state it gets first, by id
/// @param readingNumber place in the ring of readings
/// @param replay readings it gets first
/// @param gap whether it must be told that readings are missing
/// @param helloId event id of the greeting, empty for none
record Start(
    long deviceNumber,
    List<Long> changed,
    long readingNumber,
    List<Frame.Measured> replay,
    boolean gap,
    String helloId) {}
