package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Principal;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeviceStateDecoderTest {
  private static final String SHARED = "dispositivos/estado";
  private final DeviceStateDecoder decoder = new DeviceStateDecoder();

  @Test
  void wants_the_shared_and_the_own_address_and_no_other() {
    assertTrue(decoder.wants("dispositivos/estado"));
    assertTrue(decoder.wants("dispositivos/TMP0603/estado"));
    assertFalse(decoder.wants("dispositivos//estado"));
    assertFalse(decoder.wants("dispositivos/a/b/estado"));
    assertFalse(decoder.wants("dispositivos/TMP0603/comandos"));
    assertFalse(decoder.wants("dispositivos"));
  }

  @Test
  void numbers_in_parametros_become_readings_with_a_guessed_unit() {
    Decoding.Content content =
        content(
            SHARED,
            """
            {"serial_number":"TMP0603IF1WD","estado":"activo","timestamp":"2026-03-01T10:00:00.5Z",
             "parametros":{"temperatura":23.4,"luz":true,"modo":"eco","fase":{"potencia_w":7,"n":{"x":1}}},
             "configuracion":{"modo":"manual"}}
            """);

    List<Sample> samples = content.samples();
    assertEquals(
        List.of("temperatura=23.4 °C", "fase.potencia_w=7.0 W"),
        samples.stream()
            .map(s -> s.sensor().key() + "=" + s.value() + " " + s.sensor().unit())
            .toList());
    assertEquals(Instant.parse("2026-03-01T10:00:00.500Z"), samples.getFirst().at());
    StateReport report = content.states().getFirst();
    assertEquals("activo", report.state());
    assertEquals("manual", report.configuration().path("modo").asText());
    assertEquals("TMP0603IF1WD", report.device().serial());
    assertFalse(report.device().claimed());
  }

  @Test
  void the_address_may_say_who_speaks() {
    Decoding.Content content = content("dispositivos/TMP1/estado", "{\"parametros\":{\"a\":1}}");

    assertEquals("TMP1", content.samples().getFirst().device().serial());
    assertNull(content.samples().getFirst().at());
    assertNull(content.states().getFirst().state());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          "2026-03-01T11:00:00+01:00" | 2026-03-01T10:00:00Z
          "2026-03-01T10:00:00"       | 2026-03-01T10:00:00Z
          "2026-03-01 10:00:00"       | 2026-03-01T10:00:00Z
          1772359200                  | 2026-03-01T10:00:00Z
          1772359200.25               | 2026-03-01T10:00:00.250Z
          1772359200250               | 2026-03-01T10:00:00.250Z
          """)
  void understands_the_ways_devices_write_time(String wire, Instant expected) {
    Decoding.Content content =
        content("dispositivos/a/estado", "{\"parametros\":{\"x\":1},\"timestamp\":" + wire + "}");

    assertEquals(expected, content.samples().getFirst().at());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          abc                                                | formato | El mensaje no es JSON válido: Unrecognized token 'abc'
          NaN                                                | formato | El mensaje no es JSON válido: Non-standard token 'NaN'
          {                                                  | formato | El mensaje no es JSON válido: Unexpected end-of-input
          [1]                                                | formato | Se esperaba un objeto JSON.
          7                                                  | formato | Se esperaba un objeto JSON.
          {"serial_number":"a"} x                            | formato | El mensaje no es JSON válido
          {"serial_number":"a","parametros":{"t":NaN}}       | formato | El mensaje no es JSON válido: Non-standard token 'NaN'
          {"parametros":{"t":1}}                             | valor   | Falta "serial_number".
          {"serial_number":""}                               | valor   | "serial_number" debe tener de 1 a 100 caracteres
          {"serial_number":"a/b"}                            | valor   | "serial_number" debe tener de 1 a 100 caracteres
          {"serial_number":7}                                | valor   | "serial_number" debe ser un texto.
          {"serial_number":"a","estado":true}                | valor   | "estado" debe ser un texto.
          {"serial_number":"a","estado":"a\\u0000"}          | valor   | "estado" contiene caracteres de control
          {"serial_number":"a","parametros":[1]}             | valor   | "parametros" debe ser un objeto JSON.
          {"serial_number":"a","parametros":"23"}            | valor   | "parametros" debe ser un objeto JSON.
          {"serial_number":"a","parametros":{"t":1e999}}     | valor   | "parametros.t" debe ser un número finito.
          {"serial_number":"a","parametros":{"":1}}          | valor   | "parametros" tiene un campo sin nombre
          {"serial_number":"a","parametros":{"x":"\\ud800"}} | valor   | "parametros.x" contiene
          {"serial_number":"a","configuracion":1}            | valor   | "configuracion" debe ser un objeto JSON.
          {"serial_number":"a","timestamp":"ayer"}           | valor   | "timestamp" debe ser una fecha ISO 8601
          {"serial_number":"a","timestamp":-5}               | valor   | "timestamp" debe ser una fecha ISO 8601
          {"serial_number":"a","timestamp":1e300}            | valor   | "timestamp" debe ser una fecha ISO 8601
          {"serial_number":"a","timestamp":"+999999999-01-01T00:00:00Z"} | valor | "timestamp" debe ser una fecha ISO 8601
          {"serial_number":"a","timestamp":{}}               | valor   | "timestamp" debe ser una fecha ISO 8601
          """)
  void refuses_and_names_what_is_wrong(String payload, String code, String sentence) {
    Rejection rejection = refused(SHARED, payload);

    assertEquals(code, rejection.reason().code());
    assertSays(sentence, rejection);
  }

  @Test
  void address_and_body_must_speak_of_the_same_device() {
    Rejection rejection = refused("dispositivos/a/estado", "{\"serial_number\":\"b\"}");

    assertSays("\"serial_number\" dice \"b\", pero la dirección es de \"a\".", rejection);
  }

  @Test
  void limits_fields_depth_and_size() {
    assertSays(
        "\"estado\" admite 50 caracteres.",
        refused(SHARED, with("estado", "\"" + "x".repeat(51) + "\"")));
    assertSays(
        "\"parametros\" admite 100 campos.",
        refused(
            SHARED,
            with(
                "parametros",
                IntStream.range(0, 101)
                    .mapToObj(i -> "\"k" + i + "\":1")
                    .collect(Collectors.joining(",", "{", "}")))));
    assertSays(
        "campo sin nombre, de más de 100",
        refused(SHARED, with("parametros", "{\"" + "k".repeat(101) + "\":1}")));
    assertSays(
        "campo sin nombre, de más de 100",
        refused(
            SHARED,
            with("parametros", "{\"" + "k".repeat(60) + "\":{\"" + "j".repeat(60) + "\":1}}")));
    assertSays(
        "admite 6 niveles",
        refused(SHARED, with("parametros", "{\"a\":".repeat(7) + "1" + "}".repeat(7))));
    assertSays(
        "admite 16384 bytes",
        refused(SHARED, with("parametros", "{\"a\":\"" + "x".repeat(17_000) + "\"}")));
    content(SHARED, with("parametros", "{\"a\":\"" + "x".repeat(16_000) + "\"}"));
  }

  @Test
  void whatever_it_accepts_can_be_written_again() {
    StateReport report =
        content(SHARED, with("parametros", "{\"a\":\"\\ud83d\\ude00 \\n\",\"n\":[1,null,\"ñ\"]}"))
            .states()
            .getFirst();

    assertEquals(
        "{\"a\":\"😀 \\n\",\"n\":[1,null,\"ñ\"]}",
        new String(Json.bytes(report.parameters()), StandardCharsets.UTF_8));
  }

  private static String with(String field, String value) {
    return "{\"serial_number\":\"a\",\"" + field + "\":" + value + "}";
  }

  private Decoding.Content content(String address, String payload) {
    return assertInstanceOf(Decoding.Content.class, decoder.decode(message(address, payload)));
  }

  private Rejection refused(String address, String payload) {
    return assertInstanceOf(Decoding.Refused.class, decoder.decode(message(address, payload)))
        .rejection();
  }

  private static void assertSays(String beginning, Rejection rejection) {
    String sentence = new Messages("es").inDefaultLanguage(rejection.text());
    assertTrue(sentence.contains(beginning), sentence);
  }

  static RawMessage message(String address, String payload) {
    return RawMessage.of(
        Origin.MQTT,
        address,
        payload.getBytes(StandardCharsets.UTF_8),
        Instant.parse("2026-03-01T10:00:00Z"),
        new Principal.Anonymous("127.0.0.1"));
  }
}
