package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.codec.mqtt.MqttMessageType;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One device sends as fast as it can; the others go on.
@Timeout(60)
class FloodTest {
  private static final int ROUNDS = 100;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void a_device_that_floods_leaves_the_others_their_second(int qos) throws Exception {
    try (BrokerFixture fixture = BrokerFixture.start(folder)) {
      AtomicBoolean over = new AtomicBoolean();
      AtomicLong sent = new AtomicLong();
      Thread flood = Thread.ofPlatform().start(() -> flood(fixture.port(), qos, over, sent));
      Probe other = Probe.v3(fixture.port(), "other", "pump-2");
      // As much as it gets rid of: it is made to wait, which is the point.
      BrokerSettings.eventually(() -> sent.get() > 50L * ROUNDS);
      long[] nanos = new long[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        long start = System.nanoTime();
        other.publish("dispositivos/pump-2/estado", 1, i + 1, Integer.toString(i));
        other.readAck(MqttMessageType.PUBACK, i + 1);
        nanos[i] = System.nanoTime() - start;
      }
      assertTrue(fixture.gauge("vatio.inbox.messages") <= 2 * 1_000, "more than its window waits");
      over.set(true);
      flood.join();
      other.close();
      Arrays.sort(nanos);
      Duration p99 = Duration.ofNanos(nanos[ROUNDS * 99 / 100]);
      assertTrue(p99.compareTo(Duration.ofSeconds(1)) < 0, "p99 " + p99);
    }
  }

  private static void flood(int port, int qos, AtomicBoolean over, AtomicLong sent) {
    byte[] packet = packet(qos);
    byte[] many = new byte[packet.length * 500];
    for (int i = 0; i < 500; i++) {
      System.arraycopy(packet, 0, many, i * packet.length, packet.length);
    }
    try (Socket socket = new Socket("127.0.0.1", port)) {
      Thread.ofPlatform()
          .daemon()
          .start(
              () -> {
                byte[] answers = new byte[65_536];
                try {
                  while (socket.getInputStream().read(answers) >= 0 && !over.get()) {
                    Thread.onSpinWait();
                  }
                } catch (IOException e) {
                  over.set(true);
                }
              });
      socket.getOutputStream().write(connect());
      while (!over.get()) {
        socket.getOutputStream().write(many);
        sent.addAndGet(500);
      }
    } catch (IOException e) {
      over.set(true);
    }
  }

  private static byte[] packet(int qos) {
    byte[] topic = "dispositivos/pump-1/estado".getBytes(StandardCharsets.UTF_8);
    int length = 2 + topic.length + (qos == 0 ? 0 : 2) + 1;
    byte[] packet = new byte[2 + length];
    packet[0] = (byte) (0x30 | qos << 1);
    packet[1] = (byte) length;
    packet[3] = (byte) topic.length;
    System.arraycopy(topic, 0, packet, 4, topic.length);
    if (qos > 0) {
      packet[packet.length - 2] = 9;
    }
    packet[packet.length - 1] = '7';
    return packet;
  }

  private static byte[] connect() {
    byte[] head = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, (byte) 0xC2, 0, 0, 0, 1, 'f'};
    byte[] rest = "\0\6pump-1\0\6secret".getBytes(StandardCharsets.UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + rest.length);
    System.arraycopy(rest, 0, all, head.length, rest.length);
    all[1] = (byte) (all.length - 2);
    return all;
  }

  @Test
  void a_few_that_flood_leave_some_of_the_budget_to_everybody_else() {
    IngestBudget budget = new IngestBudget(10_000, 1 << 20);
    int[] held = new int[20];
    boolean grown = true;
    while (grown) {
      grown = false;
      for (int i = 0; i < held.length; i++) {
        if (budget.fair(held[i] + 1, held[i] + 1)) {
          assertTrue(budget.take(1));
          held[i]++;
          grown = true;
        }
      }
    }
    int most = Arrays.stream(held).max().orElseThrow();
    int least = Arrays.stream(held).min().orElseThrow();
    assertTrue(most - least <= 1, most + " and " + least);
    assertTrue(10_000 - Arrays.stream(held).sum() > 2_000);
    assertTrue(budget.fair(100, 100));
    assertFalse(budget.fair(most + 1, most + 1));
  }

  @Test
  void one_kept_session_alone_may_fill_half_of_what_all_may() {
    QueueBudget budget = new QueueBudget(100, 1 << 20);
    int held = 0;
    while (budget.take(held, 10L * held, 10)) {
      held++;
    }
    assertEquals(50, held);
    assertTrue(budget.take(0, 0, 10));
  }
}
