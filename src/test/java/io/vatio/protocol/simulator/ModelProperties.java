package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class ModelProperties {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2026-03-28T22:00:00Z");
  private static final Set<String> COMPASS = Set.of("N", "NE", "E", "SE", "S", "SW", "W", "NW");

  @Property(tries = 60)
  void a_turbine_in_normal_operation_stays_within_the_normal_limits(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 600) int stepSeconds) throws Exception {
    for (JsonNode record : records(Scenario.WIND, seed, 0, stepSeconds, 40)) {
      assertBetween(0, record.get("valor_produccion").doubleValue(), 100);
      assertBetween(0, record.get("velocidad_viento").doubleValue(), 25);
      assertBetween(-40, record.get("temperatura").doubleValue(), 40);
      assertTrue(COMPASS.contains(record.get("direccion_viento").textValue()));
      assertEquals(false, record.get("error").booleanValue());
    }
  }

  @Property(tries = 30)
  void an_erroneous_record_is_outside_every_normal_limit(@ForAll long seed) throws Exception {
    for (JsonNode record : records(Scenario.WIND, seed, 1, 5, 20)) {
      assertBetween(120, record.get("valor_produccion").doubleValue(), 200);
      assertBetween(30, record.get("velocidad_viento").doubleValue(), 100);
      assertBetween(50, record.get("temperatura").doubleValue(), 100);
      assertEquals(true, record.get("error").booleanValue());
    }
  }

  @Property
  void the_power_curve_never_falls_before_the_cut_out(
      @ForAll @DoubleRange(min = 0, max = 25) double one,
      @ForAll @DoubleRange(min = 0, max = 25) double other) {
    double calm = WindPark.productionKwh(Math.min(one, other));
    double windy = WindPark.productionKwh(Math.max(one, other));

    assertTrue(calm <= windy);
    assertBetween(0, windy, 100);
  }

  @Property(tries = 60)
  void a_home_draws_a_plausible_power_over_the_day_with_23_hours(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 1800) int stepSeconds) {
    Household household = new Household(ZoneId.of("Europe/Madrid"), new SplittableRandom(seed));

    for (int step = 0; step < 100; step++) {
      double power = household.powerKw(START.plusSeconds((long) step * stepSeconds));

      assertBetween(Household.LEAST_KW, power, Household.MOST_KW);
    }
  }

  @Property(tries = 40)
  void an_energy_counter_never_falls_and_follows_the_power(
      @ForAll @LongRange(min = 1, max = 3_600) long stepSeconds,
      @ForAll @DoubleRange(min = 0, max = 5_000) double watts) {
    EnergyCounter counter = new EnergyCounter();
    double before = counter.advance(START, watts);

    for (int step = 1; step <= 20; step++) {
      double now = counter.advance(START.plusSeconds(step * stepSeconds), watts);

      assertTrue(now >= before);
      assertEquals(watts / 1000 * step * stepSeconds / 3600, now, 1e-5);
      before = now;
    }
  }

  @Property(tries = 20)
  void the_same_seed_says_the_same_words(@ForAll long seed) throws Exception {
    for (Scenario scenario : Scenario.values()) {
      assertEquals(records(scenario, seed, 0.3, 5, 5), records(scenario, seed, 0.3, 5, 5));
    }
  }

  @Property(tries = 20)
  void every_message_is_sayable_at_any_time_of_the_year(
      @ForAll @LongRange(min = 0, max = 365L * 86_400) long offsetSeconds) throws Exception {
    Instant now = START.plusSeconds(offsetSeconds);
    for (Scenario scenario : Scenario.values()) {
      for (Source source : sources(SimulationPlan.of(scenario))) {
        Message message = source.next(now);
        JsonNode late = JSON.readTree(message.latePayload());

        assertEquals(now, Instant.parse(late.get("timestamp").textValue()));
        assertTrue(message.topic().matches("[a-z]+(/[A-Za-z0-9-]+)+"));
      }
    }
  }

  private static List<JsonNode> records(
      Scenario scenario, long seed, double errorRate, int stepSeconds, int steps) throws Exception {
    List<Source> sources = sources(SimulationPlan.of(scenario).withLuck(seed, errorRate));
    Stream.Builder<JsonNode> records = Stream.builder();
    for (int step = 0; step < steps; step++) {
      for (Source source : sources) {
        Instant now = START.plus(Duration.ofSeconds((long) step * stepSeconds));
        records.add(JSON.readTree(source.next(now).latePayload()));
      }
    }
    return records.build().toList();
  }

  private static List<Source> sources(SimulationPlan plan) {
    return switch (plan.scenario()) {
      case HOME -> HomeDevices.of(plan);
      case OFFICE -> OfficeDevices.of(plan);
      case WIND -> WindPark.of(plan);
      case DEVICE -> GenericDevices.of(plan);
    };
  }

  private static void assertBetween(double least, double value, double most) {
    assertTrue(value >= least && value <= most, value + " is not in " + least + ".." + most);
  }
}
