package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.CommandProcess;
import io.vatio.testing.FirstVersion;
import io.vatio.testing.ServerProcess;
import io.vatio.testing.StoredValues;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Kill -9 while the data of the first version are brought up to date, and while a backup is
/// written: whatever was reached, the next try ends well.
class UpgradeKillStory {
  /// Fifty take three minutes: `-Dvatio.upgrade-kill-rounds=50`.
  private static final int ROUNDS = Integer.getInteger("vatio.upgrade-kill-rounds", 3);

  @TempDir Path folder;

  @Test
  void an_upgrade_that_is_killed_again_and_again_ends_in_every_reading_once() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    FirstVersion.unpack(data);
    Map<String, String> environment =
        Map.of(
            "VATIO_DATA_DIR",
            data.toString(),
            "VATIO_HTTP_HOST",
            "127.0.0.1",
            "VATIO_HTTP_PORT",
            Integer.toString(ServerProcess.freePort()),
            "VATIO_MQTT_HOST",
            "127.0.0.1",
            "VATIO_MQTT_PORT",
            Integer.toString(ServerProcess.freePort()),
            "VATIO_MQTTS_PORT",
            "0");
    Random random = new Random(20_261_121);
    for (int round = 0; round < ROUNDS; round++) {
      // A start takes about two seconds; most of it belongs to the upgrade the first time.
      kill(start(environment, "run"), 600 + random.nextInt(1_800));
      for (Path snapshot : backups(data)) {
        assertComplete(snapshot);
      }
    }

    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of())) {
      assertEquals(143, server.terminate(), server.output());
    }
    assertEquals(
        FirstVersion.values(), StoredValues.ofMainMeter("sqlite:" + data.resolve("vatio.db")));
    List<String> schemas =
        backups(data).stream().map(f -> f.getFileName().toString().split("-")[1]).toList();
    assertTrue(schemas.contains("1"), "a way back");
    assertEquals(Set.copyOf(schemas).size(), schemas.size(), "the same twice: " + backups(data));
    assertEquals(List.of(), endingWith(data.resolve("backups"), ".part"), "left behind");
  }

  @Test
  void a_backup_that_is_killed_has_no_name_or_is_complete() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    FirstVersion.unpack(data);
    // Inside the data folder: it must not try to hold itself.
    Path file = data.resolve("mine.vatio");
    Random random = new Random(20_261_122);
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of())) {
      Map<String, String> environment = Map.of("VATIO_DATA_DIR", data.toString());
      for (int round = 0; round < ROUNDS; round++) {
        kill(start(environment, "backup", file.toString(), "--replace"), random.nextInt(1_200));
        if (Files.exists(file)) {
          assertComplete(file);
        }
        assertEquals(200, server.status("/health/ready"));
      }

      CommandProcess done =
          CommandProcess.run(folder, environment, "backup", file.toString(), "--replace");

      assertEquals(0, done.code(), done.output());
      assertComplete(file);
      assertEquals(List.of(), endingWith(data, ".part"));
      try (ZipFile zip = new ZipFile(file.toFile())) {
        assertTrue(zip.stream().noneMatch(e -> e.getName().endsWith(".part")));
      }
      assertEquals(143, server.terminate(), server.output());
    }
  }

  private Process start(Map<String, String> environment, String... command) throws IOException {
    Process process = CommandProcess.start(folder, environment, command);
    // Whoever is killed must not wait for a reader before.
    Thread.ofVirtual().start(() -> drain(process));
    return process;
  }

  private static void drain(Process process) {
    try (InputStream in = process.getInputStream()) {
      in.transferTo(OutputStream.nullOutputStream());
    } catch (IOException _) {
      // It died.
    }
  }

  private static void kill(Process process, int afterMs) throws InterruptedException {
    process.waitFor(afterMs, TimeUnit.MILLISECONDS);
    process.destroyForcibly();
    assertTrue(process.waitFor(10, TimeUnit.SECONDS));
  }

  private static List<Path> backups(Path data) throws IOException {
    return endingWith(data.resolve("backups"), ".vatio");
  }

  private static List<Path> endingWith(Path folder, String ending) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).toList();
    }
  }

  private static void assertComplete(Path file) throws IOException {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        zip.getInputStream(entry).transferTo(OutputStream.nullOutputStream());
      }
    }
  }
}
