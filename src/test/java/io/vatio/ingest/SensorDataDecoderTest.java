package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.text.Messages;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SensorDataDecoderTest {
  private final SensorDataDecoder decoder = new SensorDataDecoder();

  @Test
  void wants_the_data_address_of_one_device() {
    assertTrue(decoder.wants("iot/sensors/SN-1/data"));
    assertFalse(decoder.wants("iot/sensors//data"));
    assertFalse(decoder.wants("iot/sensors/a/b/data"));
    assertFalse(decoder.wants("iot/devices/SN-1/status"));
  }

  @Test
  void every_number_is_a_reading_of_the_device_in_the_address() {
    Decoding.Content content =
        content(
            """
            {"device_id":"device_SN-1","other":{"a":[1]},"timestamp":1772359200,
             "sensors":{"temperatura":21.5,"humedad":40}}
            """);

    assertEquals(
        List.of("SN-1 temperatura 21.5 °C", "SN-1 humedad 40.0 %"),
        content.samples().stream()
            .map(
                s ->
                    s.device().serial()
                        + " "
                        + s.sensor().key()
                        + " "
                        + s.value()
                        + " "
                        + s.sensor().unit())
            .toList());
    assertEquals(Instant.parse("2026-03-01T10:00:00Z"), content.samples().getFirst().at());
    assertTrue(content.states().isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          abc                                          | formato | El mensaje no es JSON válido: Unrecognized token 'abc'
          {                                            | formato | El mensaje no es JSON válido: Unexpected end-of-input
          {"sensors":{"t":1}                           | formato | El mensaje no es JSON válido: Unexpected end-of-input
          {"sensors":{"t":1}} {}                       | formato | Hay algo más detrás del objeto JSON.
          {"sensors":{"t":1,"t":2}}                    | formato | El mensaje no es JSON válido: Duplicate
          {"sensors":{"t":NaN}}                        | formato | El mensaje no es JSON válido: Non-standard token 'NaN'
          [1]                                          | formato | Se esperaba un objeto JSON.
          5                                            | formato | Se esperaba un objeto JSON.
          {}                                           | valor   | Falta "sensors" o está vacío.
          {"sensors":{}}                               | valor   | Falta "sensors" o está vacío.
          {"sensors":[1]}                              | valor   | "sensors" debe ser un objeto JSON.
          {"sensors":{"t":"21.5"}}                     | valor   | "sensors.t" debe ser un número.
          {"sensors":{"t":null}}                       | valor   | "sensors.t" debe ser un número.
          {"sensors":{"t":true}}                       | valor   | "sensors.t" debe ser un número.
          {"sensors":{"t":{"x":1}}}                    | valor   | "sensors.t" debe ser un número.
          {"sensors":{"t":1e999}}                      | valor   | "sensors.t" debe ser un número finito.
          {"sensors":{" ":1}}                          | valor   | "sensors" tiene un campo sin nombre
          {"sensors":{"a\\u0001":1}}                   | valor   | "sensors" tiene un campo sin nombre
          {"device_id":"SN-2","sensors":{"t":1}}       | valor   | "device_id" dice "SN-2", pero la dirección es de "SN-1".
          {"device_id":[],"sensors":{"t":1}}           | valor   | "device_id" debe ser un texto.
          {"timestamp":true,"sensors":{"t":1}}         | valor   | "timestamp" debe ser una fecha
          """)
  void refuses_and_names_what_is_wrong(String payload, String code, String sentence) {
    Rejection rejection = refused("iot/sensors/SN-1/data", payload);

    assertEquals(code, rejection.reason().code());
    String said = new Messages("es").inDefaultLanguage(rejection.text());
    assertTrue(said.startsWith(sentence), said);
  }

  @Test
  void takes_a_hundred_sensors_and_no_more() {
    assertEquals(100, content("{\"sensors\":" + sensors(100) + "}").samples().size());
    refused("iot/sensors/SN-1/data", "{\"sensors\":" + sensors(101) + "}");
  }

  @Test
  void a_serial_number_must_be_one() {
    refused("iot/sensors/ SN/data", "{\"sensors\":{\"t\":1}}");
  }

  private static String sensors(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "\"s" + i + "\":" + i)
        .collect(Collectors.joining(",", "{", "}"));
  }

  private Decoding.Content content(String payload) {
    return assertInstanceOf(
        Decoding.Content.class,
        decoder.decode(DeviceStateDecoderTest.message("iot/sensors/SN-1/data", payload)));
  }

  private Rejection refused(String address, String payload) {
    return assertInstanceOf(
            Decoding.Refused.class,
            decoder.decode(DeviceStateDecoderTest.message(address, payload)))
        .rejection();
  }
}
