package io.vatio.protocol.simulator;

/// How a simulated device introduces itself to the registry.
public record DeviceProfile(
    String serial, String name, String type, String model, String description) {}
