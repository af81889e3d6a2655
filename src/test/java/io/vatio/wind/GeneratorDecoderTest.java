package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.ingest.Decoder;
import io.vatio.ingest.Decoding;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.ingest.Rejection.Reason;
import io.vatio.ingest.Sample;
import io.vatio.reading.Quality;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorDecoderTest {
  private static final String GOOD =
      """
      {"id":7,"valor_produccion":50.5,"velocidad_viento":10.2,"direccion_viento":"NE",
       "temperatura":-3.5,"error":false}""";

  @TempDir private static Path folder;
  private static Park park;

  @BeforeAll
  static void open() {
    park = new Park(folder);
  }

  @AfterAll
  static void close() {
    park.close();
  }

  @Test
  void a_record_is_four_samples_of_one_device_at_one_time() {
    List<Sample> samples = accepted("generador", GOOD);

    assertEquals(
        "{direccion_viento=45.0, temperatura=-3.5, valor_produccion=50.5, velocidad_viento=10.2}",
        samples.stream()
            .collect(
                Collectors.toMap(
                    s -> s.sensor().key(), Sample::value, (a, b) -> a, java.util.TreeMap::new))
            .toString());
    assertTrue(samples.stream().allMatch(s -> s.device().serial().equals("GEN-7")));
    assertTrue(samples.stream().allMatch(s -> s.device().type().equals("aerogenerador")));
    assertTrue(samples.stream().allMatch(s -> s.device().claimed()));
    assertTrue(samples.stream().allMatch(s -> s.at() == null && s.quality() == 0));
    assertEquals("{\"direccion\":\"NE\"}", samples.getFirst().meta());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          "id":7                               | "id":"7"
          "id":7                               | "id":7.0
          "valor_produccion":50.5              | "valor_produccion":"50.5"
          "valor_produccion":50.5              | "valor_produccion":" 5.05e1 "
          "error":false                        | "error":"no"
          "error":false                        | "error":0
          "error":false                        | "error":null
          ,"error":false                       | ,"desconocido":[{}]
          "error":false                        | "error":false,"timestamp":null
          "error":false                        | "parque":""
          """)
  void is_lenient_where_nothing_can_be_misunderstood(String part, String instead) {
    assertTrue(GOOD.contains(part));

    assertEquals(accepted("generador", GOOD), accepted("generador", GOOD.replace(part, instead)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          "id":7                    | "id":0                       | Campo "id" entre 1
          "id":7                    | "id":-7                      | Campo "id" entre 1
          "id":7                    | "id":1000001                 | Campo "id" entre 1
          "id":7                    | "id":99999999999999999999999 | Campo "id" entre 1
          "id":7                    | "id":7.5                     | Campo "id" entero
          "id":7                    | "id":true                    | Campo "id" entero
          "id":7                    | "id":"siete"                 | Campo "id" entero
          "id":7                    | "id":null                    | Falta "id"
          "id":7                    | "idd":7                      | Falta "id"
          "valor_produccion":50.5   | "valor_produccion":true      | Campo "valor_produccion" número
          "valor_produccion":50.5   | "valor_produccion":"NaN"     | Campo "valor_produccion" número
          "valor_produccion":50.5   | "valor_produccion":"0x10"    | Campo "valor_produccion" número
          "valor_produccion":50.5   | "valor_produccion":[1]       | Campo "valor_produccion" número
          "valor_produccion":50.5   | "valor_produccion":1e400     | Campo "valor_produccion" finito
          "valor_produccion":50.5   | "valor_produccion":"-1e400"  | Campo "valor_produccion" finito
          "velocidad_viento":10.2   | "velocidad_viento":{}        | Campo "velocidad_viento" número
          "direccion_viento":"NE"   | "direccion_viento":true      | Campo "direccion_viento" texto
          "direccion_viento":"NE"   | "direccion_viento":"N\\u0000E" | Campo "direccion_viento" visibles
          "direccion_viento":"NE"   | "direccion_viento":"\\ud800" | Campo "direccion_viento" visibles
          "error":false             | "error":"quizá"              | Campo "error" true
          "error":false             | "error":[]                   | Campo "error" true
          "error":false             | "timestamp":"ayer"           | Campo "timestamp" ISO
          "error":false             | "timestamp":"+999999999-01-01T00:00:00Z" | Campo "timestamp" ISO
          "error":false             | "timestamp":true             | Campo "timestamp" ISO
          """)
  void refuses_a_wrong_field_by_name(String part, String instead, String words) {
    assertTrue(GOOD.contains(part));
    Rejection rejection = refused("generador", GOOD.replace(part, instead));

    assertEquals(Reason.INVALID_VALUE, rejection.reason());
    String sentence = park.core.messages.in("es", rejection.text());
    for (String word : words.replace("Campo ", "").split(" ")) {
      assertTrue(sentence.contains(word), sentence);
    }
  }

  @Test
  void names_every_wrong_field_at_once() {
    Rejection rejection = refused("generador", "{\"id\":\"x\",\"temperatura\":false}");

    assertEquals(
        "Campos no válidos: id, valor_produccion, velocidad_viento, direccion_viento, temperatura.",
        park.core.messages.in("es", rejection.text()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "abc",
        "[]",
        "5",
        "null",
        "\"id\"",
        "{\"id\":NaN}",
        "{\"id\":Infinity}",
        "{\"id\":1,\"id\":2}",
        "{\"id\":1} {\"id\":2}",
        "\u0000",
        "{'id':1}"
      })
  void refuses_what_is_no_json_object(String payload) {
    assertEquals(Reason.MALFORMED, refused("generador", payload).reason());
  }

  @Test
  void refuses_depth_and_size_without_reading_on() {
    assertEquals(Reason.MALFORMED, refused("generador", "{\"a\":" + "[".repeat(10_000)).reason());
    assertEquals(
        Reason.TOO_LARGE,
        refused("generador", GOOD.replace("}", ",\"x\":\"" + "x".repeat(300_000) + "\"}"))
            .reason());
    assertEquals(
        Reason.MALFORMED, refused("generador", "{\"id\":" + "9".repeat(5_000) + "}").reason());
  }

  @Test
  void the_topic_names_park_and_turbine() {
    String body = GOOD.replace("\"id\":7,", "");

    List<Sample> samples = accepted("parque/Sierra Norte/generador/12", body);

    assertEquals("GEN-12", samples.getFirst().device().serial());
    assertEquals("{\"direccion\":\"NE\",\"parque\":\"Sierra Norte\"}", samples.getFirst().meta());
    assertEquals("GEN-7", accepted("parque/p/generador/7", GOOD).getFirst().device().serial());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          parque/p/generador/8        | generador 8
          parque//generador/7         | parque
          parque/ /generador/7        | parque
          parque/p/generador/07       | parque
          parque/p/generador/0        | parque
          parque/p/generador/x        | parque
          parque/p/generador/         | parque
          parque/p/generador/9999999  | parque
          """)
  void refuses_a_topic_that_contradicts_or_names_nothing(String topic, String words) {
    Rejection rejection = refused(topic, GOOD);

    assertEquals(Reason.INVALID_VALUE, rejection.reason());
    assertTrue(park.core.messages.in("es", rejection.text()).contains(words));
  }

  @Test
  void refuses_another_park_than_the_topics() {
    assertEquals(
        Reason.INVALID_VALUE,
        refused("parque/a/generador/7", GOOD.replace("}", ",\"parque\":\"b\"}")).reason());
    accepted("parque/a/generador/7", GOOD.replace("}", ",\"parque\":\"a\"}"));
  }

  @Test
  void wants_its_addresses_and_no_others() {
    assertTrue(decoder().wants("generador"));
    assertTrue(decoder().wants("parque/x/generador/1"));
    for (String other :
        List.of(
            "generador/1", "parque/x/generador", "parque/x/generador/1/2", "parque/x/y/1", "")) {
      assertFalse(decoder().wants(other), other);
    }
  }

  @Test
  void a_direction_that_nobody_knows_keeps_its_words_and_gets_no_degrees() {
    List<Sample> samples = accepted("generador", GOOD.replace("\"NE\"", "\"remolino\""));

    assertEquals(3, samples.size());
    assertEquals("{\"direccion\":\"remolino\"}", samples.getFirst().meta());
  }

  @Test
  void every_sample_carries_the_doubts_of_the_record() {
    String wrong = GOOD.replace("50.5", "150").replace("\"error\":false", "\"error\":true");

    assertEquals(
        List.of(Quality.OUT_OF_RANGE.bit() | Quality.DEVICE_ERROR.bit()),
        accepted("generador", wrong).stream().map(Sample::quality).distinct().toList());
  }

  private Decoder decoder() {
    return park.wind.decoder();
  }

  private List<Sample> accepted(String address, String payload) {
    return accepted(decoder(), address, payload);
  }

  private List<Sample> accepted(Decoder decoder, String address, String payload) {
    return assertInstanceOf(Decoding.Content.class, decode(decoder, address, payload)).samples();
  }

  private Rejection refused(String address, String payload) {
    return assertInstanceOf(Decoding.Refused.class, decode(decoder(), address, payload))
        .rejection();
  }

  private Decoding decode(Decoder decoder, String address, String payload) {
    return decoder.decode(
        RawMessage.of(
            Origin.MQTT,
            address,
            payload.getBytes(StandardCharsets.UTF_8),
            park.clock.instant(),
            Park.ADMIN));
  }
}
