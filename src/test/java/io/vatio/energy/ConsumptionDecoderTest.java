package io.vatio.energy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.ingest.Decoding;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection.Reason;
import io.vatio.ingest.Sample;
import io.vatio.kernel.Principal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConsumptionDecoderTest {
  private final ConsumptionDecoder decoder = new ConsumptionDecoder(ZoneId.of("Europe/Madrid"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          1.5                               | 1.5
          1,5                               | 1.5
          ~  5 ~                            | 5
          1e3                               | 1000
          -2.25                             | -2.25
          .5                                | 0.5
          0                                 | 0
          {"value":1.5}                     | 1.5
          {"value":"1,5"}                   | 1.5
          {"value":2,"unit":"kW"}           | 2
          """)
  void takes_a_number_in_every_form_it_is_sent_in(String payload, double kilowatts) {
    Sample sample = accepted(payload);

    assertEquals(kilowatts, sample.value());
    assertEquals("medidor-principal", sample.device().serial());
    assertEquals("kW", sample.sensor().unit());
    assertNull(sample.at());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"value":1,"timestamp":"2026-03-01T10:00:00Z"}        | 2026-03-01T10:00:00Z
          {"value":1,"timestamp":"2026-03-01T10:00:00+01:00"}   | 2026-03-01T09:00:00Z
          {"value":1,"timestamp":"2026-03-01T10:00:00"}         | 2026-03-01T09:00:00Z
          {"value":1,"timestamp":"2026-07-01 10:00:00"}         | 2026-07-01T08:00:00Z
          {"value":1,"timestamp":1772359200}                    | 2026-03-01T10:00:00Z
          {"value":1,"timestamp":1772359200.5}                  | 2026-03-01T10:00:00.500Z
          {"value":1,"timestamp":1772359200000}                 | 2026-03-01T10:00:00Z
          {"value":1,"timestamp":1772359200000001}              | 2026-03-01T10:00:00.000001Z
          {"value":1,"timestamp":0}                             | 1970-01-01T00:00:00Z
          """)
  void takes_a_time_with_zone_without_and_as_a_count(String payload, Instant at) {
    assertEquals(at, accepted(payload).at());
  }

  @Test
  void without_a_time_the_arrival_counts() {
    assertNull(accepted("{\"value\":1,\"timestamp\":null}").at());
  }

  @ParameterizedTest
  @ValueSource(strings = {"NaN", "nan", "Infinity", "-inf", "1e999", "{\"value\":1e999}"})
  void refuses_numbers_that_cannot_be_measured(String payload) {
    assertEquals(Reason.INVALID_VALUE, refused(payload));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "abc",
        "",
        " ",
        "1.2.3",
        "1 2",
        "0x10",
        "1f",
        "{",
        "{\"value\":1}}",
        "{\"value\":1,\"value\":2}",
        "[1]"
      })
  void refuses_what_is_no_number_and_no_object(String payload) {
    assertEquals(Reason.MALFORMED, refused(payload));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"value\":null}",
        "{\"value\":true}",
        "{\"value\":[1]}",
        "{\"value\":\"NaN\"}",
        "{\"value\":1,\"timestamp\":\"ayer\"}",
        "{\"value\":1,\"timestamp\":{}}",
        "{\"value\":1,\"timestamp\":1e30}"
      })
  void refuses_objects_with_a_wrong_field(String payload) {
    assertEquals(Reason.INVALID_VALUE, refused(payload));
  }

  @Test
  void refuses_what_is_too_long_without_parsing_it() {
    assertEquals(Reason.MALFORMED, refused("1".repeat(65)));
    assertEquals(Reason.MALFORMED, refused("{\"x\":\"" + "y".repeat(5_000) + "\"}"));
    assertEquals(Reason.MALFORMED, refused("{\"a\":".repeat(500)));
  }

  @Test
  void wants_its_topic_only() {
    assertTrue(decoder.wants("energy/consumption"));
    assertEquals(false, decoder.wants("energy/consumption/"));
    assertEquals(false, decoder.wants("energy"));
  }

  private Sample accepted(String payload) {
    Decoding.Content content = assertInstanceOf(Decoding.Content.class, decode(payload));
    assertEquals(1, content.samples().size());
    return content.samples().getFirst();
  }

  private Reason refused(String payload) {
    return assertInstanceOf(Decoding.Refused.class, decode(payload)).rejection().reason();
  }

  private Decoding decode(String payload) {
    return decoder.decode(
        RawMessage.of(
            Origin.MQTT,
            ConsumptionDecoder.TOPIC,
            payload.getBytes(StandardCharsets.UTF_8),
            Instant.EPOCH,
            new Principal.Anonymous("10.0.0.1")));
  }
}
