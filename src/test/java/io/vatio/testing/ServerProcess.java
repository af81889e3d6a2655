package io.vatio.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A whole Vatio in a process of its own, as a user starts it, for stories about its death.
public final class ServerProcess implements AutoCloseable {
  public static final String ADMIN = "admin";
  public static final String PASSWORD = "una-clave-larga-de-prueba";

  private static final Duration READY_WITHIN = Duration.ofSeconds(60);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Process process;
  private final Path output;
  private final int httpPort;
  private final int mqttPort;

  private ServerProcess(Process process, Path output, int httpPort, int mqttPort) {
    this.process = process;
    this.output = output;
    this.httpPort = httpPort;
    this.mqttPort = mqttPort;
  }

  /// Starts `run` and waits until it is ready.
  ///
  /// @param shellPrefix put before the java command, such as a limit; empty for none
  public static ServerProcess start(
      Path folder, Map<String, String> environment, List<String> shellPrefix) {
    int http = freePort();
    int mqtt = freePort();
    List<String> command = new ArrayList<>(shellPrefix);
    command.addAll(JavaCommand.line(512, "io.vatio.app.Main", "run"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().removeIf(name -> name.startsWith("VATIO_"));
    builder
        .environment()
        .putAll(
            Map.of(
                "VATIO_DATA_DIR",
                folder.resolve("data").toString(),
                "VATIO_HTTP_HOST",
                "127.0.0.1",
                "VATIO_HTTP_PORT",
                Integer.toString(http),
                "VATIO_MQTT_HOST",
                "127.0.0.1",
                "VATIO_MQTT_PORT",
                Integer.toString(mqtt),
                "VATIO_MQTTS_PORT",
                "0",
                "VATIO_ADMIN_USER",
                ADMIN,
                "VATIO_ADMIN_PASSWORD",
                PASSWORD));
    builder.environment().putAll(environment);
    try {
      Files.createDirectories(folder);
      Path output = folder.resolve("output.txt");
      builder.redirectErrorStream(true);
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
      builder.directory(folder.toFile());
      ServerProcess server = new ServerProcess(builder.start(), output, http, mqtt);
      server.awaitReady();
      return server;
    } catch (IOException e) {
      throw new IllegalStateException("start the server", e);
    }
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + READY_WITHIN.toNanos();
    while (System.nanoTime() < deadline) {
      if (!process.isAlive()) {
        throw new IllegalStateException("the server ended by itself:\n" + output());
      }
      if (status("/health/ready") == 200) {
        return;
      }
      try {
        process.waitFor(50, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    process.destroyForcibly();
    throw new IllegalStateException("the server was not ready in time:\n" + output());
  }

  /// The status of a GET without credentials, 0 when nobody answers.
  public int status(String path) {
    try {
      return HTTP.send(
              HttpRequest.newBuilder(URI.create(url() + path))
                  .timeout(Duration.ofSeconds(20))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException _) {
      return 0;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public String url() {
    return "http://127.0.0.1:" + httpPort;
  }

  public int mqttPort() {
    return mqttPort;
  }

  public long pid() {
    return process.pid();
  }

  /// Everything the server has printed.
  public String output() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /// Kill -9, and wait until the process is gone.
  public void kill() {
    process.destroyForcibly();
    join();
  }

  /// SIGTERM; the exit code.
  public int terminate() {
    process.destroy();
    join();
    return process.exitValue();
  }

  private void join() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("the server did not end:\n" + output());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (process.isAlive()) {
      kill();
    }
  }

  /// A port that nobody listens on just now.
  public static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
