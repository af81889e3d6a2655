package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vatio.platform.db.StorageException;
import io.vatio.testing.Databases;
import io.vatio.testing.SlowDatabase;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The threads that write what MQTT has to keep: whoever waits hears that it failed, and they go
/// on,
/// whatever it was. A thread that ended would leave every later sender without an answer.
@Timeout(60)
class WritersTest {
  private static final List<Runnable> FAULTS =
      List.of(
          () -> {
            throw new StorageException("as ordered", new IOException("read-only"));
          },
          () -> {
            throw new IllegalStateException("as ordered");
          },
          () -> {
            throw new OutOfMemoryError("as ordered");
          });

  @TempDir private Path folder;
  private SlowDatabase database;

  @BeforeEach
  void open() {
    database = new SlowDatabase(Databases.open(Databases.SQLITE.newUrl(folder)));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void sessions_are_saved_again_after_any_fault() throws Exception {
    try (SessionStore store = SessionStore.open(database)) {
      for (Runnable fault : FAULTS) {
        database.beforeCommit(fault);
        var failed = store.free(new SessionBatch.PacketKey(1, 1));
        assertThrows(ExecutionException.class, () -> failed.get(20, TimeUnit.SECONDS));

        database.beforeCommit(() -> {});
        store.free(new SessionBatch.PacketKey(1, 2)).get(20, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void retained_messages_are_saved_again_after_any_fault() throws Exception {
    MqttSettings settings = BrokerSettings.of(0, 0, false, 64 << 10);
    try (RetainedMessages messages = RetainedMessages.open(database, Clock.systemUTC(), settings)) {
      for (Runnable fault : FAULTS) {
        database.beforeCommit(fault);
        var failed = messages.put(retained("a"), "ana");
        assertThrows(ExecutionException.class, () -> failed.get(20, TimeUnit.SECONDS));

        database.beforeCommit(() -> {});
        assertEquals(
            RetainedMessages.Outcome.KEPT,
            messages.put(retained("b"), "ana").get(20, TimeUnit.SECONDS));
      }
    }
    try (RetainedMessages messages = RetainedMessages.open(database, Clock.systemUTC(), settings)) {
      assertEquals(2, messages.count(), "what failed was saved later");
    }
  }

  private static Publication retained(String topic) {
    return new Publication(
        topic, "x".getBytes(StandardCharsets.UTF_8), 1, true, null, Publication.FOREVER);
  }
}
