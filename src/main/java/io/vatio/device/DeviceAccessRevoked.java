package io.vatio.device;

/// A device was deleted, or its credential replaced or revoked: its open sessions end now.
///
/// @param deleted whether the device is gone, and everything that was kept for it with it
public record DeviceAccessRevoked(long deviceId, String serial, boolean deleted) {}
