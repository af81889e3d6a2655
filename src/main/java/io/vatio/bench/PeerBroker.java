package io.vatio.bench;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A Mosquitto of this machine as a comparison: it stores nothing and acknowledges at once, so it
/// shows what the generator and the loopback can carry.
final class PeerBroker implements AutoCloseable {
  private static final Duration READY_LIMIT = Duration.ofSeconds(10);

  private final ChildProcess process;
  private final InetSocketAddress address;

  private PeerBroker(ChildProcess process, InetSocketAddress address) {
    this.process = process;
    this.address = address;
  }

  static Optional<Path> findMosquitto() {
    String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isBlank())
        .map(folder -> Path.of(folder, "mosquitto"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static PeerBroker start(Path mosquitto, Path folder) {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), ChildProcess.freePort());
    Path config = folder.resolve("mosquitto.conf");
    try {
      Files.write(
          config,
          List.of(
              "listener " + address.getPort() + " " + address.getAddress().getHostAddress(),
              "allow_anonymous true",
              "persistence false",
              "log_type none"));
    } catch (IOException e) {
      throw new BenchFailure("cannot write " + config, e);
    }
    ChildProcess process =
        ChildProcess.start(
            "mosquitto",
            new ProcessBuilder(mosquitto.toString(), "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD));
    process.awaitReady(() -> listens(address), READY_LIMIT, () -> "(none)");
    return new PeerBroker(process, address);
  }

  InetSocketAddress mqtt() {
    return address;
  }

  long cpuNanos() {
    return process.cpuNanos();
  }

  @Override
  public void close() {
    process.close();
  }

  private static boolean listens(InetSocketAddress address) {
    try (Socket _ = new Socket(address.getAddress(), address.getPort())) {
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
