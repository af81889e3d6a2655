package io.vatio.protocol.simulator;

import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The server that simulated devices speak to, and as whom.
///
/// A user named `device_<serial>` is used as it is; any other user is a person's account, with
/// which
/// the devices are created and given credentials; no user means anonymous devices.
///
/// @param url base of the HTTP API, such as `http://localhost:8000`
/// @param tls whether the MQTT port speaks TLS
/// @param authority PEM file of the certificate authority to trust, or null for the Java default
public record SimulationTarget(
    URI url,
    String mqttHost,
    int mqttPort,
    boolean tls,
    @Nullable Path authority,
    @Nullable String user,
    @Nullable String password) {

  private static final String DEVICE_PREFIX = "device_";

  public SimulationTarget {
    Objects.requireNonNull(mqttHost);
    String scheme = url.getScheme();
    if (url.getHost() == null || !("http".equals(scheme) || "https".equals(scheme))) {
      throw new IllegalArgumentException("--url must look like http://localhost:8000, not " + url);
    }
    if (mqttPort < 1 || mqttPort > 65_535) {
      throw new IllegalArgumentException("the port of --mqtt must be between 1 and 65535");
    }
    if ((user == null) != (password == null)) {
      throw new IllegalArgumentException("--user and --password go together; give both or neither");
    }
  }

  /// A server on this machine without TLS.
  public static SimulationTarget local(int httpPort, int mqttPort, String user, String password) {
    return new SimulationTarget(
        URI.create("http://127.0.0.1:" + httpPort),
        "127.0.0.1",
        mqttPort,
        false,
        null,
        user,
        password);
  }

  /// The one device this target's user is, or null when it is a person or nobody.
  @Nullable DeviceCredential deviceCredential() {
    return user != null && password != null && user.startsWith(DEVICE_PREFIX)
        ? new DeviceCredential(user, password)
        : null;
  }

  static String serialOf(DeviceCredential credential) {
    return credential.username().substring(DEVICE_PREFIX.length());
  }

  /// Without the password.
  @Override
  public String toString() {
    return url + " and mqtt" + (tls ? "s" : "") + "://" + mqttHost + ":" + mqttPort;
  }
}
