package io.vatio.device;

/// A device was deleted, or its credential replaced or revoked: its open sessions end now.
public record DeviceAccessRevoked(long deviceId, String serial) {}
