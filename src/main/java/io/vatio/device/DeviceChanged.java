package io.vatio.device;

/// A device was created, claimed, edited, or has reported a state; published after the commit.
///
/// @param device as it is now
public record DeviceChanged(Device device) {}
