package io.vatio.bench;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The server under test: `vatio run` in a process of its own, with the Java flags of this one, its
/// data in a folder of its own, on free loopback ports.
final class ServerProcess implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(60);
  private static final int LAST_WORDS = 5;
  private static final String READY_REQUEST =
      "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

  /// The first superuser of a server under test.
  record Admin(String user, String password) {
    /// Without the password.
    @Override
    public String toString() {
      return user;
    }
  }

  private final ChildProcess process;
  private final int httpPort;
  private final int mqttPort;
  private final Duration startTime;

  private ServerProcess(ChildProcess process, int httpPort, int mqttPort, Duration startTime) {
    this.process = process;
    this.httpPort = httpPort;
    this.mqttPort = mqttPort;
    this.startTime = startTime;
  }

  /// Returns when the server says that it is ready.
  ///
  /// @param folder absolute; the process works there
  /// @param name of the data folder in it, which may hold the data of a start before
  /// @param databaseUrl null for the embedded database
  static ServerProcess start(Path folder, String name, Admin admin, @Nullable String databaseUrl) {
    int httpPort = ChildProcess.freePort();
    int mqttPort = ChildProcess.freePort();
    Path log = folder.resolve(name + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command())
            // A vatio.yaml where this was started must not lead the load to somebody's database.
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(variable -> variable.startsWith("VATIO_"));
    environment.put("VATIO_DATA_DIR", folder.resolve(name).toString());
    environment.put("VATIO_HTTP_HOST", "127.0.0.1");
    environment.put("VATIO_HTTP_PORT", Integer.toString(httpPort));
    environment.put("VATIO_MQTT_HOST", "127.0.0.1");
    environment.put("VATIO_MQTT_PORT", Integer.toString(mqttPort));
    environment.put("VATIO_MQTTS_PORT", "0");
    // All clients of a benchmark share one address.
    environment.put("VATIO_MQTT_CONNECTIONS_PER_ADDRESS", "20000");
    environment.put("VATIO_HTTP_CONNECTIONS_PER_ADDRESS", "10000");
    environment.put("VATIO_ADMIN_USER", admin.user());
    environment.put("VATIO_ADMIN_PASSWORD", admin.password());
    if (databaseUrl != null) {
      environment.put("VATIO_DATABASE_URL", databaseUrl);
    }
    long start = System.nanoTime();
    ChildProcess process = ChildProcess.start("the server", builder);
    process.awaitReady(() -> answersReady(httpPort), READY_LIMIT, () -> lastWords(log));
    Duration startTime = Duration.ofNanos(System.nanoTime() - start);
    return new ServerProcess(process, httpPort, mqttPort, startTime);
  }

  /// From spawning the process to the first 200 of `/health/ready`.
  Duration startTime() {
    return startTime;
  }

  URI url() {
    return URI.create("http://127.0.0.1:" + httpPort);
  }

  InetSocketAddress http() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), httpPort);
  }

  InetSocketAddress mqtt() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), mqttPort);
  }

  long cpuNanos() {
    return process.cpuNanos();
  }

  OptionalLong residentKib() {
    return process.residentKib();
  }

  void idle(Duration time) {
    process.idle(time);
  }

  @Override
  public void close() {
    process.close();
  }

  private static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-agentlib") && !flag.startsWith("-javaagent"))
        .forEach(command::add);
    Path program = program();
    if (Files.isRegularFile(program)) {
      command.addAll(List.of("-jar", program.toString()));
    } else {
      command.addAll(List.of("-cp", absoluteClassPath(), "io.vatio.app.Main"));
    }
    command.add("run");
    return command;
  }

  private static Path program() {
    try {
      return Path.of(
          ServerProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new BenchFailure("cannot find this program's own file", e);
    }
  }

  private static String absoluteClassPath() {
    return Arrays.stream(System.getProperty("java.class.path", "").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  private static boolean answersReady(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(READY_REQUEST.getBytes(StandardCharsets.US_ASCII));
      byte[] head = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
      return new String(head, StandardCharsets.US_ASCII).endsWith(" 200");
    } catch (IOException _) {
      return false;
    }
  }

  private static String lastWords(Path log) {
    try {
      List<String> lines = Files.readAllLines(log);
      return String.join(
          " | ", lines.subList(Math.max(0, lines.size() - LAST_WORDS), lines.size()));
    } catch (IOException _) {
      return "(none)";
    }
  }
}
