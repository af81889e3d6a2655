package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ZoneId MADRID = ZoneId.of("Europe/Madrid");

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "2.99, 0",
    "3, 0",
    "5, 5.76",
    "8, 28.51",
    "12, 100",
    "20, 100",
    "25, 100",
    "25.01, 0"
  })
  void a_turbine_follows_its_power_curve(double wind, double production) {
    assertEquals(production, WindPark.productionKwh(wind), 0.01);
  }

  @ParameterizedTest
  @CsvSource({
    "0, N", "22, N", "23, NE", "90, E", "135, SE", "180, S", "225, SW", "270, W", "315, NW",
    "338, N", "-45, NW", "765, NE"
  })
  void a_direction_has_the_name_of_its_sector(double degrees, String name) {
    assertEquals(name, WindPark.compass(degrees));
  }

  @Test
  void an_evening_at_home_draws_more_than_a_night() {
    assertTrue(meanKw("2026-01-14T20:00:00Z") > 1.5 * meanKw("2026-01-14T02:00:00Z"));
  }

  @Test
  void an_office_at_work_draws_more_than_on_sunday() throws Exception {
    assertTrue(officeWatts("2026-01-14T10:00:00Z") > 2 * officeWatts("2026-01-18T10:00:00Z"));
  }

  @Test
  void error_rate_is_kept_on_average() throws Exception {
    List<Source> park = WindPark.of(SimulationPlan.of(Scenario.WIND).withLuck(7, 0.1));
    int errors = 0;
    for (int i = 0; i < 1000; i++) {
      for (Source turbine : park) {
        Instant now = Instant.parse("2026-01-14T10:00:00Z").plusSeconds(i);
        errors += JSON.readTree(turbine.next(now).payload()).get("error").booleanValue() ? 1 : 0;
      }
    }

    assertTrue(errors > 900 && errors < 1100, errors + " of 10000");
  }

  @Test
  void turbines_of_one_park_feel_nearly_the_same_wind() throws Exception {
    List<Source> park = WindPark.of(SimulationPlan.of(Scenario.WIND).withLuck(3, 0));
    List<Double> winds = new ArrayList<>();
    for (Source turbine : park) {
      JsonNode record =
          JSON.readTree(turbine.next(Instant.parse("2026-01-14T10:00:00Z")).payload());
      winds.add(record.get("velocidad_viento").doubleValue());
    }
    double mean = winds.stream().mapToDouble(it -> it).average().orElseThrow();

    assertEquals(10, winds.stream().distinct().count());
    assertTrue(winds.stream().allMatch(wind -> Math.abs(wind - mean) < 0.5 * mean));
  }

  @Test
  void the_meter_says_bare_kilowatts_now_and_adds_the_time_when_late() {
    Source meter = HomeDevices.of(SimulationPlan.of(Scenario.HOME)).getFirst();

    Message message = meter.next(Instant.parse("2026-01-14T10:00:00.123456Z"));

    assertEquals("energy/consumption", message.topic());
    assertTrue(message.payload().matches("\\d+\\.\\d{1,3}"), message.payload());
    assertEquals(
        "{\"value\":" + message.payload() + ",\"timestamp\":\"2026-01-14T10:00:00.123Z\"}",
        message.latePayload());
  }

  @Test
  void a_generic_device_obeys_encendido_and_leaves_nonsense_alone() throws Exception {
    Source device = GenericDevices.one("SIM-DEV-0001", new SplittableRandom(1));

    device.hear("dispositivos/SIM-DEV-0001/configuracion", "{\"encendido\":");
    device.hear("dispositivos/SIM-DEV-0001/configuracion", "[".repeat(5000));
    device.hear("dispositivos/SIM-DEV-0001/configuracion", "{\"encendido\":\"no\"}");
    assertEquals("activo", state(device));

    device.hear(
        "dispositivos/SIM-DEV-0001/configuracion", "{\"configuracion\":{\"encendido\":false}}");
    assertEquals("inactivo", state(device));
  }

  private static String state(Source device) throws Exception {
    String payload = device.next(Instant.parse("2026-01-14T10:00:00Z")).payload();
    return JSON.readTree(payload).get("estado").textValue();
  }

  private static double meanKw(String from) {
    Household household = new Household(MADRID, new SplittableRandom(5));
    Instant start = Instant.parse(from);
    return IntStream.range(0, 360)
        .mapToDouble(i -> household.powerKw(start.plusSeconds(i * 10L)))
        .average()
        .orElseThrow();
  }

  private static double officeWatts(String at) throws Exception {
    double sum = 0;
    for (Source load : OfficeDevices.of(SimulationPlan.of(Scenario.OFFICE))) {
      JsonNode status = JSON.readTree(load.next(Instant.parse(at)).payload());
      sum += status.at("/parametros/potencia_w").doubleValue();
    }
    return sum;
  }
}
