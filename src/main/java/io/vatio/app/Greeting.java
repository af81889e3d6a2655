package io.vatio.app;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;

/// What a new user reads first: where to click, how to come in, where devices connect.
final class Greeting {
  private Greeting() {}

  static void print(Settings settings, Server server) {
    StringBuilder text = new StringBuilder("\n");
    String page = "http://" + reachable(settings.http().host()) + ":" + server.httpPort() + "/";
    line(text, "Vatio is ready", "");
    line(text, "Page", page);
    if (settings.demo()) {
      boolean known = SettingsReader.DEMO_PASSWORD.equals(settings.accounts().adminPassword());
      line(
          text,
          "Log in as",
          settings.accounts().adminUser()
              + " / "
              + (known ? SettingsReader.DEMO_PASSWORD : "the password you set")
              + " (demo only, loopback only)");
    }
    Optional<String> code = server.setupCode();
    code.ifPresent(
        value -> line(text, "First start", "open the page and enter the set-up code " + value));
    String host = reachable(settings.mqtt().host());
    if (server.mqttPort() > 0) {
      line(text, "MQTT", "mqtt://" + host + ":" + server.mqttPort());
    }
    Path authority = server.authority();
    if (authority != null) {
      line(
          text,
          "MQTT over TLS",
          "mqtts://" + host + ":" + server.mqttsPort() + "  (trust " + page + "ca.crt)");
    }
    line(text, "API", page + "api/docs/");
    System.out.println(text);
  }

  private static void line(StringBuilder text, String label, String value) {
    text.append(
        value.isEmpty() ? "  %s%n".formatted(label) : "  %-14s%s%n".formatted(label, value));
  }

  /// An address that a browser on this network can open.
  private static String reachable(String host) {
    if (!host.equals("0.0.0.0") && !host.equals("::")) {
      return host.contains(":") ? "[" + host + "]" : host;
    }
    try {
      InetAddress own = InetAddress.getLocalHost();
      return own.isLoopbackAddress() ? "localhost" : own.getHostAddress();
    } catch (UnknownHostException _) {
      return "localhost";
    }
  }
}
