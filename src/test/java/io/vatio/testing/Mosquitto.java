package io.vatio.testing;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/// A real Mosquitto on a free port of the loopback, with its queue on the disk.
public final class Mosquitto implements AutoCloseable {
  private final Path folder;
  private final int port;
  private Process process;

  private Mosquitto(Path folder, int port) throws IOException {
    this.folder = folder;
    this.port = port;
    this.process = launch();
  }

  /// Starts one; skips the test with a sentence where the program is not installed.
  ///
  /// @param more lines of its configuration
  public static Mosquitto start(Path folder, String... more) throws IOException {
    Assumptions.assumeTrue(
        program("mosquitto").isPresent(),
        "mosquitto is not installed (apt-get install mosquitto): skipped");
    Files.createDirectories(folder);
    int port = ServerProcess.freePort();
    Files.writeString(
        folder.resolve("mosquitto.conf"),
        """
        listener %d 127.0.0.1
        persistence true
        persistence_location %s/
        autosave_interval 1
        autosave_on_changes true
        max_queued_messages 100000
        max_inflight_messages 1000
        log_dest file %s/mosquitto.log
        log_type all
        %s
        %s
        """
            .formatted(
                port,
                folder,
                folder,
                "root".equals(System.getProperty("user.name")) ? "user root" : "",
                more.length == 0 ? "allow_anonymous true" : String.join("\n", more)));
    return new Mosquitto(folder, port);
  }

  /// Where a program of the distribution is.
  public static Optional<Path> program(String name) {
    return Stream.of(
            "/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/sbin")
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /// A file of names and passwords for its `password_file`.
  public static Path passwords(Path file, String user, String password) throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, user + ":" + password + "\n");
    Path program =
        program("mosquitto_passwd")
            .orElseThrow(() -> new IllegalStateException("no mosquitto_passwd"));
    int code =
        new ProcessBuilder(program.toString(), "-U", file.toString())
            .redirectErrorStream(true)
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("mosquitto_passwd: " + code);
    }
    return file;
  }

  private Process launch() throws IOException {
    Process started =
        new ProcessBuilder(
                program("mosquitto").orElseThrow().toString(),
                "-c",
                folder.resolve("mosquitto.conf").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("output.txt").toFile()))
            .start();
    Waiting.until("mosquitto listens", () -> !started.isAlive() || listens());
    if (!started.isAlive()) {
      throw new IllegalStateException(
          "mosquitto ended: " + Files.readString(folder.resolve("output.txt")));
    }
    return started;
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), 200);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  public int port() {
    return port;
  }

  /// Stops it as an operator would: it saves its queue.
  public void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }

  public void startAgain() throws IOException {
    process = launch();
  }

  public List<String> log() throws IOException {
    return Files.readAllLines(folder.resolve("mosquitto.log"));
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
