package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.sensor.SensorTemplate;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpoolFrameTest {
  private static final DeviceTemplate DEVICE =
      new DeviceTemplate("GEN-1", "Generador 1 ñ😀", "aerogenerador", "m", true);

  @Test
  void gives_every_sender_back() throws IOException {
    Set<Permission> some = Set.of(Permission.CREATE_READINGS, Permission.VIEW_DASHBOARD);
    for (Principal sender :
        List.of(
            new Principal.User(7, "ana", true, "operador", some, Reach.OWN),
            new Principal.ApiKey(8, "casa", some, 7, Reach.SHARED),
            new Principal.Device(9, "GEN-1"),
            new Principal.Trusted("10.0.0.1", "operador", some),
            new Principal.Broker("mqtt://b"),
            new Principal.Anonymous("10.0.0.2"))) {
      assertEquals(sender, roundTrip(spooled(sender, content())).message().sender());
    }
  }

  @Test
  void gives_content_and_message_back() throws IOException {
    Spooled before = spooled(new Principal.Device(9, "GEN-1"), content());

    Spooled after = roundTrip(before);

    assertEquals(before.decoding(), after.decoding());
    assertEquals(before.suspect(), after.suspect());
    assertArrayEquals(before.message().payload(), after.message().payload());
    assertEquals(before.message().receivedAt(), after.message().receivedAt());
    assertEquals(before.message().delivery(), after.message().delivery());
    assertTrue(after.message().redelivered());
  }

  @Test
  void gives_a_refusal_back_with_its_sentence() throws IOException {
    Decoding refused =
        new Decoding.Refused(
            new Rejection(
                Rejection.Reason.TOO_LARGE, Text.of("ingest.too_large", 5L, 2.5, "a", "a")));

    assertEquals(refused, roundTrip(spooled(new Principal.Anonymous("x"), refused)).decoding());
  }

  @Test
  void gives_known_readings_back() throws IOException {
    KnownReadings before = known();

    Decoding after =
        roundTrip(spooled(new Principal.Device(9, "GEN-1"), new Decoding.Known(before))).decoding();

    KnownReadings readings = assertInstanceOf(Decoding.Known.class, after).readings();
    assertEquals(before.size(), readings.size());
    assertEquals(before.used(), readings.used());
    for (int i = 0; i < before.size(); i++) {
      assertEquals(before.seriesId(i), readings.seriesId(i));
      assertEquals(before.time(i), readings.time(i));
      assertEquals(before.value(i), readings.value(i));
      assertEquals(before.meta(i), readings.meta(i));
    }
  }

  private static KnownReadings known() {
    KnownReadings readings = new KnownReadings(1);
    readings.add(3, 9, KnownReadings.UNTIMED, 1.5, null);
    readings.add(4, 9, 1_700_000_000_000_000L, -2, "{\"a\":1}");
    readings.add(3, 9, -5, 0, null);
    return readings;
  }

  @Test
  void refuses_half_a_frame() {
    refusesHalves(content());
    refusesHalves(new Decoding.Known(known()));
  }

  private static void refusesHalves(Decoding decoding) {
    byte[] frame = SpoolFrame.encode(spooled(new Principal.Anonymous("x"), decoding));
    for (int length = 0; length < frame.length; length++) {
      byte[] half = Arrays.copyOf(frame, length);
      assertThrows(IOException.class, () -> SpoolFrame.decode(half));
    }
  }

  private static Spooled roundTrip(Spooled spooled) throws IOException {
    return SpoolFrame.decode(SpoolFrame.encode(spooled));
  }

  private static Spooled spooled(Principal sender, Decoding decoding) {
    return new Spooled(
        new RawMessage(
            Origin.MQTT,
            "parque/p/generador/1",
            new byte[] {1, 2, 3},
            Instant.parse("2026-03-01T10:00:00.123456Z"),
            sender,
            -5,
            true),
        decoding,
        new Spooled.Suspect(3, 4, 5));
  }

  private static Decoding content() {
    Sample sample =
        new Sample(
            DEVICE,
            new SensorTemplate("produccion", "Producción", "energia", "kWh", 0, 100),
            1.5,
            Instant.parse("2026-03-01T09:59:59Z"),
            4,
            "{\"direccion\":\"N\"}");
    Sample untimed = new Sample(DEVICE, sample.sensor(), -0.25, null, 0, null);
    StateReport state =
        new StateReport(DEVICE, null, Json.object().put("a", 1), null, Instant.EPOCH);
    return new Decoding.Content(List.of(sample, untimed), List.of(state));
  }
}
