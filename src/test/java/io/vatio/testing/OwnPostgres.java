package io.vatio.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/// A PostgreSQL server of one test alone, which may be killed and started again.
public final class OwnPostgres implements AutoCloseable {
  private final Path folder;
  private final int port = ServerProcess.freePort();
  private EmbeddedPostgres server;

  public OwnPostgres(Path folder) {
    this.folder = folder;
    start();
  }

  /// As `VATIO_DATABASE_URL` wants it.
  public String url() {
    return "postgresql://postgres:postgres@127.0.0.1:" + port + "/postgres";
  }

  /// Starts it on the data that are there.
  public void start() {
    try {
      server =
          EmbeddedPostgres.builder()
              .setDataDirectory(folder.resolve("pg"))
              .setOverrideWorkingDirectory(folder.resolve("work").toFile())
              .setCleanDataDirectory(false)
              .setPort(port)
              .setServerConfig("fsync", "on")
              .setServerConfig("synchronous_commit", "on")
              .setServerConfig("shared_buffers", "32MB")
              .setPGStartupWait(Duration.ofSeconds(60))
              .start();
    } catch (IOException e) {
      throw new IllegalStateException("start PostgreSQL", e);
    }
  }

  /// Kill -9 of the server and all its processes, and waits until they are gone.
  public void kill() {
    ProcessHandle postmaster = ProcessHandle.of(pid()).orElseThrow();
    List<ProcessHandle> all =
        Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    CompletableFuture.allOf(
            all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
        .join();
    letGo();
  }

  private long pid() {
    try {
      return Long.parseLong(
          Files.readAllLines(folder.resolve("pg").resolve("postmaster.pid")).getFirst().strip());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The library finds nobody to stop, but lets go of the folder.
  private void letGo() {
    try {
      server.close();
    } catch (IOException _) {
      // It was killed.
    }
  }

  @Override
  public void close() {
    letGo();
  }
}
