package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.testing.Databases;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RetainedMessagesTest {
  private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
  private static final MqttSettings SETTINGS = BrokerSettings.of(0, 0, false, 1 << 16);

  @TempDir Path folder;

  private static RetainedMessages open(Database database, Instant now) {
    return RetainedMessages.open(database, Clock.fixed(now, ZoneOffset.UTC), SETTINGS);
  }

  private static Publication message(String topic, String payload, long expiresAt) {
    MqttProperties properties = new MqttProperties();
    properties.add(new MqttProperties.StringProperty(MqttProperties.CONTENT_TYPE, "text"));
    properties.add(
        new MqttProperties.BinaryProperty(MqttProperties.CORRELATION_DATA, new byte[] {0, -1}));
    properties.add(new MqttProperties.UserProperty("clave", "año"));
    return new Publication(
        topic, payload.getBytes(StandardCharsets.UTF_8), 1, true, properties, expiresAt);
  }

  private static List<String> matching(RetainedMessages messages, String filter) {
    List<String> found = new ArrayList<>();
    messages.match(
        filter, m -> found.add(m.topic + "=" + new String(m.payload, StandardCharsets.UTF_8)));
    found.sort(null);
    return found;
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void the_newest_of_each_topic_is_there_at_the_next_start(Databases kind) throws Exception {
    try (Database database = Databases.open(kind.newUrl(folder))) {
      RetainedMessages first = open(database, NOW);
      first.put(message("a/1", "old", Publication.FOREVER), "device:1");
      first.put(message("a/1", "new", Publication.FOREVER), "device:1");
      first.put(message("a/2", "short", NOW.plusSeconds(60).toEpochMilli()), "device:1");
      first.put(message("b", "gone", Publication.FOREVER), "device:1").get(10, TimeUnit.SECONDS);
      first.put(message("b", "", Publication.FOREVER), "device:1").get(10, TimeUnit.SECONDS);
      first.close();

      RetainedMessages second = open(database, NOW);
      assertEquals(List.of("a/1=new", "a/2=short"), matching(second, "#"));
      second.match(
          "a/1",
          m ->
              assertEquals(
                  PublishProperties.write(message("a/1", "", 0).properties),
                  PublishProperties.write(m.properties)));
      second.close();

      RetainedMessages later = open(database, NOW.plus(Duration.ofMinutes(2)));
      assertEquals(List.of("a/1=new"), matching(later, "#"));
      assertEquals(1, later.count());
      later.close();
    }
  }

  @Test
  void whoever_waits_hears_of_a_failing_disk_and_the_message_is_saved_when_it_works_again()
      throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    try (Database database = Databases.open(Databases.SQLITE.newUrl(folder))) {
      RetainedMessages messages = open(new Failing(database, fails), NOW);
      CompletableFuture<RetainedMessages.Outcome> first =
          messages.put(message("a", "1", Publication.FOREVER), "device:1");
      var failure = assertThrows(ExecutionException.class, () -> first.get(10, TimeUnit.SECONDS));
      assertEquals(StorageException.class, failure.getCause().getClass());

      fails.set(false);
      messages.put(message("b", "2", Publication.FOREVER), "device:1").get(10, TimeUnit.SECONDS);
      messages.close();

      RetainedMessages again = open(database, NOW);
      assertEquals(List.of("a=1", "b=2"), matching(again, "#"));
      again.close();
    }
  }

  @Test
  void whoever_waits_hears_of_it_also_when_the_end_comes_while_the_disk_fails() throws Exception {
    AtomicBoolean fails = new AtomicBoolean(true);
    try (Database database = Databases.open(Databases.SQLITE.newUrl(folder))) {
      RetainedMessages messages = open(new Failing(database, fails), NOW);
      CompletableFuture<RetainedMessages.Outcome> saved =
          messages.put(message("a", "1", Publication.FOREVER), "device:1");
      messages.close();

      assertThrows(ExecutionException.class, () -> saved.get(10, TimeUnit.SECONDS));
    }
  }

  /// A database whose writes fail while the switch is on.
  private record Failing(Database database, AtomicBoolean fails) implements Database {
    @Override
    public Dialect dialect() {
      return database.dialect();
    }

    @Override
    public <T> T read(Work<T> work) {
      return database.read(work);
    }

    @Override
    public <T> T write(Work<T> work) {
      if (fails.get()) {
        throw new StorageException("disk full", new java.io.IOException("no space"));
      }
      return database.write(work);
    }

    @Override
    public void check() {
      database.check();
    }

    @Override
    public void close() {
      database.close();
    }
  }
}
