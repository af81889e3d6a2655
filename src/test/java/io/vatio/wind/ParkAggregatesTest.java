package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.ingest.InboxSettings;
import io.vatio.ingest.Receipt;
import io.vatio.reading.Interval;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ParkAggregatesTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir private Path folder;
  private Park park;

  @BeforeEach
  void open() {
    park = new Park(folder);
  }

  @AfterEach
  void close() {
    park.close();
  }

  @Test
  void means_sums_and_extremes_are_over_good_records_and_doubtful_ones_are_counted() {
    park.send(Park.json(1, 40, 9, NOON.minusSeconds(50)));
    park.send(Park.json(2, 60, 11, NOON.minusSeconds(40)));
    park.send(Park.json(1, 150, 11, NOON.minusSeconds(30)));
    park.send(Park.json(2, 90, 1, NOON.minusSeconds(20)));

    ParkAggregate.Figures minute = minutes(1, null).window();

    assertEquals(50, minute.meanProduction().orElseThrow());
    assertEquals(100, minute.production());
    assertEquals(40, minute.least().orElseThrow());
    assertEquals(60, minute.most().orElseThrow());
    assertEquals(10, minute.meanWind().orElseThrow());
    assertEquals(12.5, minute.meanTemperature().orElseThrow());
    assertEquals(2, minute.turbines());
    assertEquals(2, minute.valid());
    assertEquals(2, minute.flagged());
  }

  @Test
  void minutes_without_records_are_shown_empty() {
    park.send(Park.json(1, 40, 9, NOON.minusSeconds(170)));

    List<ParkAggregate.Part> parts = minutes(3, null).parts();

    assertEquals(List.of(1L, 0L, 0L), parts.stream().map(p -> p.figures().valid()).toList());
    assertTrue(parts.get(1).figures().meanProduction().isEmpty());
    assertTrue(parts.get(1).figures().least().isEmpty());
    assertEquals(0, parts.get(1).figures().production());
    assertEquals(0, parts.get(1).figures().turbines());
  }

  @Test
  void late_data_correct_a_past_minute() {
    park.send(Park.json(1, 40, 9, NOON.minusSeconds(150)));
    park.send(Park.json(1, 50, 9, NOON.minusSeconds(10)));
    assertEquals(40, minutes(3, null).parts().getFirst().figures().production());

    park.send(Park.json(1, 30, 9, NOON.minusSeconds(160)));

    ParkAggregate.Figures first = minutes(3, null).parts().getFirst().figures();
    assertEquals(70, first.production());
    assertEquals(0, first.flagged());
  }

  @Test
  void a_record_sent_twice_counts_once() {
    String record = Park.json(1, 40, 9, NOON.minusSeconds(30));

    assertInstanceOf(Receipt.Stored.class, park.send(record));
    assertInstanceOf(Receipt.Duplicate.class, park.send(record));

    assertEquals(1, minutes(1, null).window().valid());
  }

  @Test
  void records_without_a_time_all_count_even_in_one_moment() {
    String record =
        """
        {"id":1,"valor_produccion":50,"velocidad_viento":10,"direccion_viento":"N","temperatura":5}
        """;
    for (int i = 0; i < 20; i++) {
      park.send(record);
    }

    var window = park.aggregate(Interval.MINUTE, NOON, NOON.plusSeconds(60), null).window();

    assertEquals(20, window.valid());
    assertEquals(1000, window.production());
    assertEquals(10, window.meanWind().orElseThrow());
  }

  @Test
  void a_park_is_added_up_alone_even_where_two_share_a_turbine_number() {
    park.send("parque/norte/generador/1", Park.json(1, 40, 9, NOON.minusSeconds(50)));
    park.send("parque/sur/generador/2", Park.json(2, 60, 11, NOON.minusSeconds(40)));
    park.send("parque/sur/generador/1", Park.json(1, 20, 7, NOON.minusSeconds(30)));
    park.send(Park.json(3, 70, 11, NOON.minusSeconds(20)));

    assertEquals(190, minutes(1, null).window().production());
    assertEquals(40, minutes(1, "norte").window().production());
    assertEquals(9, minutes(1, "norte").window().meanWind().orElseThrow());
    assertEquals(80, minutes(1, "sur").window().production());
    assertEquals(9, minutes(1, "sur").window().meanWind().orElseThrow());
    assertEquals(2, minutes(1, "sur").window().turbines());
    assertEquals(0, minutes(1, "este").window().valid());
  }

  @Test
  void a_full_minute_is_complete_and_a_gap_shows() {
    for (int second = 180; second > 0; second -= 10) {
      if (second <= 60 || second > 90) {
        park.send(Park.json(1, 40 + second % 7, 9, NOON.minusSeconds(second)));
      }
    }

    assertEquals(List.of(1.0, 0.5, 1.0), completeness(minutes(3, null)));
    assertEquals(15 / 18.0, minutes(3, null).window().completeness().orElseThrow());
  }

  @Test
  void doubtful_records_do_not_complete_anything() {
    for (int second = 120; second > 0; second -= 10) {
      park.send(Park.json(1, second > 60 ? 150 : 50, 9, NOON.minusSeconds(second)));
    }

    assertEquals(List.of(0.0, 1.0), completeness(minutes(2, null)));
  }

  @Test
  void a_turbine_that_fell_silent_is_missed_and_one_that_just_began_is_not() {
    for (int second = 600; second > 300; second -= 10) {
      park.send(Park.json(1, 40, 9, NOON.minusSeconds(second)));
    }
    for (int second = 60; second > 0; second -= 10) {
      park.send(Park.json(2, 40, 9, NOON.minusSeconds(second)));
    }

    // Half of what was due came: all of turbine 2, nothing of turbine 1.
    assertEquals(List.of(0.0, 0.5), completeness(minutes(2, null)));
  }

  @Test
  void nothing_is_due_in_the_future_nor_from_nobody() {
    assertTrue(minutes(1, null).window().completeness().isEmpty());

    for (int second = 120; second > 0; second -= 10) {
      park.send(Park.json(1, 40, 9, NOON.minusSeconds(second)));
    }
    var aggregate = park.aggregate(Interval.MINUTE, NOON, NOON.plusSeconds(120), null);

    assertTrue(aggregate.parts().stream().allMatch(p -> p.figures().completeness().isEmpty()));
  }

  @Test
  void a_slow_turbine_is_not_missed_in_every_minute() {
    for (int minute = 60; minute > 0; minute -= 10) {
      park.send(Park.json(1, 40, 9, NOON.minusSeconds(60L * minute)));
    }

    var parts = minutes(10, null).parts();

    assertEquals(1, parts.getFirst().figures().completeness().orElseThrow());
    assertTrue(parts.stream().skip(1).allMatch(part -> part.figures().completeness().isEmpty()));
  }

  @Test
  void days_of_23_and_25_hours_hold_all_their_records() {
    park.clock.advance(Duration.ofDays(300));
    for (String day : List.of("2026-03-29", "2026-10-25")) {
      Instant midnight = LocalDate.parse(day).atStartOfDay(Core.MADRID).toInstant();
      for (int hour = 0; hour < 27; hour++) {
        park.send(Park.json(1, 10 + hour % 2, 7, midnight.plusSeconds(3_600L * hour)));
      }
    }

    assertEquals(23, day("2026-03-29").valid());
    assertEquals(25, day("2026-10-25").valid());
    assertEquals(1, day("2026-10-25").completeness().orElseThrow());
  }

  @Test
  void a_window_cuts_its_outer_minutes() {
    park.send(Park.json(1, 40, 9, NOON.minusSeconds(60)));
    park.send(Park.json(1, 50, 9, NOON.minusSeconds(45)));
    park.send(Park.json(1, 60, 9, NOON.minusSeconds(15)));

    var aggregate =
        park.aggregate(Interval.MINUTE, NOON.minusSeconds(45), NOON.minusSeconds(15), null);

    assertEquals(50, aggregate.window().production());
    assertEquals(NOON.minusSeconds(60), aggregate.parts().getFirst().from());
    assertEquals(NOON, aggregate.parts().getFirst().to());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void both_databases_add_up_the_same(Databases database, @TempDir Path own) {
    try (Park other = new Park(database.newUrl(own), InboxSettings.DEFAULT)) {
      for (int second = 600; second > 0; second -= 5) {
        int id = 1 + second % 3;
        other.send(
            "parque/norte/generador/" + id,
            Park.json(id, second % 50 == 0 ? 150 : 40 + second % 7, 9, NOON.minusSeconds(second)));
      }
      other.send(
          """
          {"id":1,"valor_produccion":50,"velocidad_viento":10,"direccion_viento":"N",
           "temperatura":5,"parque":"norte"}""");

      var window =
          other.aggregate(Interval.MINUTE, NOON.minusSeconds(600), NOON.plusSeconds(1), "norte");

      assertEquals(
          "Figures[meanProduction=OptionalDouble[43.08256880733945], production=4696.0,"
              + " least=OptionalDouble[40.0], most=OptionalDouble[50.0],"
              + " meanWind=OptionalDouble[9.009174311926605],"
              + " meanTemperature=OptionalDouble[12.431192660550458], turbines=3, valid=109,"
              + " flagged=12, completeness=OptionalDouble[0.923728813559322]]",
          window.window().toString());
      assertEquals(3, other.newest().size());
    }
  }

  private ParkAggregate.Figures day(String date) {
    Instant from = LocalDate.parse(date).atStartOfDay(Core.MADRID).toInstant();
    ParkAggregate aggregate = park.aggregate(Interval.DAY, from, from.plusSeconds(60), null);
    Instant to = aggregate.parts().getFirst().to();
    return park.aggregate(Interval.DAY, from, to, null).parts().getFirst().figures();
  }

  private ParkAggregate minutes(int minutes, String name) {
    return park.aggregate(Interval.MINUTE, NOON.minusSeconds(60L * minutes), NOON, name);
  }

  private static List<Double> completeness(ParkAggregate aggregate) {
    return aggregate.parts().stream()
        .map(part -> part.figures().completeness().orElseThrow())
        .toList();
  }
}
