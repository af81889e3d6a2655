package io.vatio.protocol.simulator;

/// By which port turbine records travel; every other device speaks MQTT only.
public enum Delivery {
  /// Odd turbine numbers over HTTP, even ones over MQTT.
  BOTH,
  HTTP,
  MQTT
}
