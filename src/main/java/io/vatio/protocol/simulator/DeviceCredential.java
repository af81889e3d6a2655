package io.vatio.protocol.simulator;

/// One device's own name and secret, good for MQTT and for HTTP Basic.
public record DeviceCredential(String username, String password) {
  /// Without the secret.
  @Override
  public String toString() {
    return username;
  }
}
