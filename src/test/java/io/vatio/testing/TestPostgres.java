package io.vatio.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/// One real PostgreSQL for the whole test run, from binaries that come as a Maven artifact, with
/// fsync on; every caller gets a database of its own, a copy of one that was migrated once.
public final class TestPostgres {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static final String TEMPLATE = "vatio_template";
  private static EmbeddedPostgres server;

  private TestPostgres() {}

  /// A connection URL of a new database without rows, as `VATIO_DATABASE_URL` wants it.
  public static synchronized String newDatabase() {
    try {
      if (server == null) {
        Path work = Files.createTempDirectory("vatio-postgres");
        server =
            EmbeddedPostgres.builder()
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("max_connections", "60")
                .setServerConfig("shared_buffers", "64MB")
                .setOverrideWorkingDirectory(work.toFile())
                .setPGStartupWait(Duration.ofSeconds(60))
                .start();
        create(TEMPLATE, "template1");
        Databases.open(url(TEMPLATE)).close();
      }
      String name = "vatio" + DATABASES.incrementAndGet();
      create(name, TEMPLATE);
      return url(name);
    } catch (IOException | SQLException e) {
      throw new IllegalStateException("start PostgreSQL for tests", e);
    }
  }

  private static void create(String name, String template) throws SQLException {
    try (var connection = server.getPostgresDatabase().getConnection();
        var statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name + " TEMPLATE " + template);
    }
  }

  private static String url(String name) {
    return "postgresql://postgres:postgres@127.0.0.1:%d/%s".formatted(server.getPort(), name);
  }
}
