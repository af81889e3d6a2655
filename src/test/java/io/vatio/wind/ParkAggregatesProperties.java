package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.platform.json.Json;
import io.vatio.reading.Interval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterTry;

class ParkAggregatesProperties {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Instant FROM = NOON.minusSeconds(1_000);

  private final List<Park> parks = new ArrayList<>();

  @Property(tries = 12)
  void any_order_of_delivery_gives_the_same_aggregates(
      @ForAll("records") List<String> records, @ForAll Random random) {
    List<String> shuffled = new ArrayList<>(records);
    Collections.shuffle(shuffled, random);

    assertEquals(answer(records), answer(shuffled));
  }

  @Property(tries = 12)
  void intervals_of_any_length_add_up_to_the_window(@ForAll("records") List<String> records) {
    Park park = filled(records);

    for (String code : List.of("1m", "5m", "10m", "15m", "30m", "1h", "1d")) {
      Interval interval = Interval.parse(code).orElseThrow();
      ParkAggregate aggregate = park.aggregate(interval, FROM, NOON, null);
      var parts = aggregate.parts().stream().map(ParkAggregate.Part::figures).toList();
      assertEquals(
          aggregate.window().production(),
          parts.stream().mapToDouble(ParkAggregate.Figures::production).sum(),
          1e-9);
      assertEquals(
          aggregate.window().valid(), parts.stream().mapToLong(ParkAggregate.Figures::valid).sum());
      assertEquals(
          aggregate.window().flagged(),
          parts.stream().mapToLong(ParkAggregate.Figures::flagged).sum());
      assertEquals(
          records.stream().map(ParkAggregatesProperties::identity).distinct().count(),
          aggregate.window().valid() + aggregate.window().flagged());
    }
  }

  /// Turbines that give what the wind offers, so that no record depends on another one; a tenth of
  /// them are broken. Times repeat, so some records are delivered twice.
  @Provide
  Arbitrary<List<String>> records() {
    Arbitrary<Integer> ids = Arbitraries.integers().between(1, 4);
    Arbitrary<Integer> seconds = Arbitraries.integers().between(1, 999);
    return Combinators.combine(ids, seconds)
        .as(
            (id, second) -> {
              // The wind of a moment decides all: the same identity is the same record.
              int kind = (second * 7 + id * 13) % 10;
              double wind = 8 + kind % 7 * 1.1;
              double production = kind == 0 ? 150 : 40 + kind * 3.3;
              return Park.json(id, production, wind, FROM.plusSeconds(second));
            })
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  private static String identity(String record) {
    var json = Json.parse(record);
    return json.get("id") + " " + json.get("timestamp");
  }

  private String answer(List<String> records) {
    return WindJson.aggregate(filled(records).aggregate(Interval.MINUTE, FROM, NOON, null))
        .toString();
  }

  private Park filled(List<String> records) {
    try {
      Path folder = Files.createTempDirectory("vatio-wind");
      folder.toFile().deleteOnExit();
      Park park = new Park(folder);
      parks.add(park);
      records.forEach(park::send);
      return park;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterTry
  void close() {
    parks.forEach(Park::close);
    parks.clear();
  }
}
