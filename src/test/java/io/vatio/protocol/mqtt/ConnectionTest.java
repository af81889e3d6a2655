package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Tokens;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a connection does with a client that sends and does not listen.
class ConnectionTest {
  @TempDir Path folder;
  private Core core;
  private RetainedMessages retained;
  private SessionStore store;
  private Broker broker;
  private final Pipe pipe = new Pipe();

  @BeforeEach
  void start() {
    core = Core.start(Databases.SQLITE.newUrl(folder), FixedClock.at("2026-03-01T10:00:00Z"));
    MqttSettings settings = BrokerSettings.of(0, 0, true, 64 << 10);
    retained = RetainedMessages.open(core.database, core.clock, settings);
    store = SessionStore.open(core.database);
    broker =
        new Broker(
            settings,
            new EmbeddedBroker.Parts(
                core.inbox,
                new Tokens(),
                core.events,
                core.database,
                null,
                core.meters,
                core.clock,
                core.messages,
                (_, _) -> true),
            retained,
            store);
  }

  @AfterEach
  void close() {
    store.close();
    retained.close();
    core.close();
  }

  @Test
  void reads_no_further_while_its_answers_are_not_taken() {
    Connection connection = connected();
    assertFalse(pipe.paused);

    pipe.writable = false;
    connection.received(MqttMessage.PINGREQ);

    assertTrue(pipe.paused);

    pipe.writable = true;
    connection.drained();

    assertFalse(pipe.paused);
  }

  @Test
  void a_client_that_takes_nothing_between_two_looks_is_ended() {
    Connection connection = connected();
    pipe.writable = false;
    connection.received(MqttMessage.PINGREQ);
    pipe.writable = true;
    connection.drained();
    pipe.writable = false;
    connection.received(MqttMessage.PINGREQ);

    pipe.runScheduled();

    assertFalse(pipe.closed, "it took something since it was paused first");

    pipe.runScheduled();

    // What it sent meanwhile was not read, its goodbye perhaps among it.
    assertTrue(pipe.closed);
    assertEquals(1, core.meters.counter("vatio.mqtt.subscribers.closed").count());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void a_message_that_no_member_of_a_group_has_room_for_is_counted_once(int qos) {
    Pipe other = new Pipe();
    for (Pipe member : List.of(pipe, other)) {
      Connection connection = connected(member == pipe ? "192.0.2.1" : "192.0.2.2", member);
      connection.received(
          MqttMessageBuilders.subscribe()
              .messageId(1)
              .addSubscription(MqttQoS.valueOf(qos), "$share/g/dispositivos/c/#")
              .build());
      member.writable = false;
    }
    // Each has room for a mebibyte, for half of that where messages may be lost.
    int room = 2 * (qos == 0 ? 5 : 10);

    for (int i = 0; i < room; i++) {
      deliver(qos);
    }

    assertEquals(0, lost());

    deliver(qos);
    deliver(qos);

    assertEquals(2, lost());
    assertFalse(pipe.closed || other.closed);
  }

  private void deliver(int qos) {
    Publication publication =
        new Publication(
            "dispositivos/c/x", new byte[100_000], qos, false, null, Publication.FOREVER);
    broker.deliver(publication, broker.routes(publication.topic, null), null);
  }

  private double lost() {
    return core.meters.counter("vatio.mqtt.dropped", "reason", "slow_subscriber").count();
  }

  @Test
  void one_packet_of_many_filters_brings_retained_messages_once() {
    for (int i = 0; i < broker.settings().retainedMessages(); i++) {
      retained.put(
          new Publication(
              "dispositivos/c/" + i, new byte[] {1}, 0, true, null, Publication.FOREVER),
          RetainedMessages.SERVER);
    }
    Connection connection = connected();
    var subscribe = MqttMessageBuilders.subscribe().messageId(1);
    for (int i = 0; i < 1_000; i++) {
      subscribe.addSubscription(MqttQoS.AT_MOST_ONCE, "dispositivos/c/#");
    }

    pipe.writable = false;
    long before = allocated();
    connection.received(subscribe.build());
    long used = allocated() - before;

    assertFalse(pipe.closed);
    // A thousand times all of them would be some 500 MB.
    assertTrue(used < 50L << 20, "bytes: " + used);
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private Connection connected() {
    return connected("192.0.2.1", pipe);
  }

  private Connection connected(String address, Pipe pipe) {
    Connection connection = new Connection(broker, pipe, Door.PLAIN, address);
    connection.start();
    connection.received(
        MqttMessageBuilders.connect()
            .clientId("c")
            .protocolVersion(MqttVersion.MQTT_3_1_1)
            .cleanSession(true)
            .build());
    assertEquals(MqttMessageType.CONNACK, pipe.last);
    return connection;
  }

  /// A way to a client that takes as much as the test says.
  private static final class Pipe implements Transport {
    private final EventLoop loop = new DefaultEventLoop();
    private final List<Runnable> scheduled = new ArrayList<>();
    private boolean writable = true;
    private boolean paused;
    private boolean closed;
    private MqttMessageType last;

    @Override
    public void write(MqttMessage packet) {
      last = packet.fixedHeader().messageType();
    }

    @Override
    public void write(ByteBuf packets) {
      packets.release();
    }

    @Override
    public void flush() {}

    @Override
    public boolean writable() {
      return writable;
    }

    @Override
    public void pause() {
      paused = true;
    }

    @Override
    public void resume() {
      paused = false;
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public void closeSlowly() {
      closed = true;
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }

    @Override
    public Future<?> schedule(Runnable task, long delayMs) {
      scheduled.add(task);
      return new CompletableFuture<>();
    }

    /// As if all the time had passed.
    void runScheduled() {
      List<Runnable> due = List.copyOf(scheduled);
      scheduled.clear();
      due.forEach(Runnable::run);
    }

    @Override
    public EventLoop loop() {
      return loop;
    }

    @Override
    public ByteBufAllocator alloc() {
      return UnpooledByteBufAllocator.DEFAULT;
    }
  }
}
