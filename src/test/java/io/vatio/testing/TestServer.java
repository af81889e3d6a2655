package io.vatio.testing;

import io.vatio.app.Server;
import io.vatio.app.SettingsReader;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A whole server inside the test's process, with every door open on a free port.
public final class TestServer implements AutoCloseable {
  private final Server server;

  private TestServer(Server server) {
    this.server = server;
  }

  /// Starts as `vatio run` does, with data in this folder.
  ///
  /// @param environment settings beside the usual ones of the tests
  public static TestServer start(Path folder, Map<String, String> environment) {
    Map<String, String> all = environment(folder, environment);
    return new TestServer(
        Server.start(SettingsReader.run(List.of(), all, folder), Clock.systemUTC()));
  }

  /// The usual settings of the tests, and more or others.
  public static Map<String, String> environment(Path folder, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>();
    all.put("VATIO_DATA_DIR", folder.resolve("data").toString());
    all.put("VATIO_HTTP_HOST", "127.0.0.1");
    all.put("VATIO_HTTP_PORT", Integer.toString(ServerProcess.freePort()));
    all.put("VATIO_MQTT_HOST", "127.0.0.1");
    all.put("VATIO_MQTT_PORT", Integer.toString(ServerProcess.freePort()));
    all.put("VATIO_MQTTS_PORT", Integer.toString(ServerProcess.freePort()));
    all.put("VATIO_ADMIN_USER", ServerProcess.ADMIN);
    all.put("VATIO_ADMIN_PASSWORD", ServerProcess.PASSWORD);
    all.putAll(environment);
    return all;
  }

  public String url() {
    return "http://127.0.0.1:" + server.httpPort();
  }

  public int httpPort() {
    return server.httpPort();
  }

  public int mqttPort() {
    return server.mqttPort();
  }

  public int mqttsPort() {
    return server.mqttsPort();
  }

  public Server server() {
    return server;
  }

  @Override
  public void close() {
    server.close();
  }
}
