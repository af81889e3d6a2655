package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.db.DatabasePlace;
import io.vatio.testing.ApiClient;
import io.vatio.testing.CommandProcess;
import io.vatio.testing.Databases;
import io.vatio.testing.FirstVersion;
import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.StoredValues;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A way back, always: a snapshot before each upgrade, a backup while devices go on sending.
class BackupStory {
  private static final String TOPIC = "energy/consumption";

  @TempDir Path folder;

  @Test
  void a_data_folder_of_the_first_version_opens_in_one_start_and_can_be_had_back()
      throws Exception {
    Path old = Files.createDirectories(folder.resolve("old"));
    FirstVersion.unpack(old.resolve("data"));

    try (ServerProcess server = ServerProcess.start(old, Map.of(), List.of())) {
      String login =
          ApiClient.anonymous(server.url())
              .post(
                  "/api/auth/login/",
                  "{\"username\":\"admin\",\"password\":\"contrasena-de-prueba-1\"}")
              .body();
      String token = login.replaceAll("(?s).*\"access\" *: *\"([^\"]+)\".*", "$1");
      ApiClient api = ApiClient.bearer(server.url(), token);
      assertEquals(
          24_000, api.json("/api/energy?limit=1").path(0).path("id").asInt(), server.output());
      assertTrue(api.get("/dispositivos").body().contains("BOMBA-7"));
      assertEquals(143, server.terminate(), server.output());
    }
    List<Double> expected = FirstVersion.values();
    assertEquals(expected, StoredValues.ofMainMeter("sqlite:" + old.resolve("data/vatio.db")));

    Path snapshot;
    try (Stream<Path> files = Files.list(old.resolve("data/backups"))) {
      snapshot = files.findFirst().orElseThrow();
    }
    Path back = Files.createDirectories(folder.resolve("back"));
    CommandProcess restored =
        CommandProcess.run(
            back,
            Map.of("VATIO_DATA_DIR", back.resolve("data").toString()),
            "restore",
            snapshot.toString());
    assertEquals(0, restored.code(), restored.output());
    assertEquals(
        1,
        new DatabasePlace.SqliteFile(back.resolve("data/vatio.db")).schema(),
        "as old as it was");
    try (ServerProcess server = ServerProcess.start(back, Map.of(), List.of())) {
      assertEquals(143, server.terminate(), server.output());
    }
    assertEquals(expected, StoredValues.ofMainMeter("sqlite:" + back.resolve("data/vatio.db")));
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void a_backup_under_load_holds_all_that_was_acknowledged_before_it_began(Databases kind)
      throws Exception {
    Path data = folder.resolve("data");
    String url =
        kind == Databases.SQLITE ? "sqlite:" + data.resolve("vatio.db") : kind.newUrl(folder);
    Map<String, String> environment = environment(data, url);
    Path file = folder.resolve("all.vatio");
    int before;
    AtomicInteger acknowledged = new AtomicInteger();

    try (ServerProcess server = ServerProcess.start(folder, environment, List.of());
        RawMqtt client =
            RawMqtt.connect(
                server.mqttPort(), "backup", ServerProcess.ADMIN, ServerProcess.PASSWORD)) {
      Thread load = Thread.ofPlatform().start(() -> send(client, acknowledged));
      while (acknowledged.get() < 2_000 && load.isAlive()) {
        Thread.onSpinWait();
      }
      before = acknowledged.get();
      CommandProcess backup = CommandProcess.run(folder, environment, "backup", file.toString());
      assertEquals(0, backup.code(), backup.output());
      assertTrue(acknowledged.get() > before, "the devices went on sending");
      CommandProcess again = CommandProcess.run(folder, environment, "backup", file.toString());
      assertNotEquals(0, again.code());
      assertTrue(again.output().contains("--replace"), again.output());
      server.kill();
      load.join();
    }

    Path newData = folder.resolve("new-data");
    String newUrl =
        kind == Databases.SQLITE
            ? "sqlite:" + newData.resolve("vatio.db")
            : kind.newUrl(Files.createDirectory(folder.resolve("new")));
    CommandProcess restore =
        CommandProcess.run(folder, environment(newData, newUrl), "restore", file.toString());
    assertEquals(0, restore.code(), restore.output());
    List<Double> stored = StoredValues.ofMainMeter(newUrl);
    assertTrue(stored.size() >= before, stored.size() + " of " + before);
    assertEquals(stored.size(), new HashSet<>(stored).size(), "stored twice");
    for (int i = 0; i < stored.size(); i++) {
      assertEquals(i + 1, stored.get(i), "one moment, no holes");
    }
  }

  private static void send(RawMqtt client, AtomicInteger acknowledged) {
    long first = 1_767_225_600_000_000L;
    try {
      for (int value = 1; ; value++) {
        String payload = "{\"value\":%d,\"timestamp\":%d}".formatted(value, first + value);
        client.publish(TOPIC, value % 60_000 + 1, false, payload.getBytes(StandardCharsets.UTF_8));
        if (value % 50 == 0) {
          client.flush();
          for (int i = 0; i < 50; i++) {
            client.readAck();
            acknowledged.incrementAndGet();
          }
        }
      }
    } catch (IOException _) {
      // The server is gone, as planned.
    }
  }

  private static Map<String, String> environment(Path data, String url) {
    Map<String, String> environment = new HashMap<>(Map.of("VATIO_DATA_DIR", data.toString()));
    if (!url.startsWith("sqlite:")) {
      environment.put("VATIO_DATABASE_URL", url);
    }
    return environment;
  }
}
