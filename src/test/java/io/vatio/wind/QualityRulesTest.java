package io.vatio.wind;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.reading.Quality;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QualityRulesTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final QualityRules.Limits LIMITS =
      new QualityRules.Limits(
          TurbineModel.GENERIC.production(),
          TurbineModel.GENERIC.wind(),
          TurbineModel.GENERIC.temperature());

  private final QualityRules rules = new QualityRules(TurbineModel.GENERIC);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # kWh   | m/s   | °C    | error | doubts
          50      | 10    | 20    | false | []
          0       | 0     | 0     | false | []
          100     | 25    | 40    | false | []
          0       | 1     | -40   | false | []
          57      | 10    | -15   | false | []
          150     | 12    | 20    | false | [rango]
          -0.1    | 0     | 20    | false | [rango]
          100     | 25.1  | 20    | false | [rango]
          100     | -1    | 20    | false | [rango, potencia_sin_viento]
          60      | 10    | 40.1  | false | [rango]
          60      | 10    | -40.1 | false | [rango]
          50      | 10    | 20    | true  | [error_dispositivo]
          150     | 60    | 80    | true  | [rango, error_dispositivo]
          50      | 0.5   | 20    | false | [potencia_sin_viento]
          5.1     | 2.9   | 20    | false | [potencia_sin_viento]
          5       | 2.9   | 20    | false | []
          95      | 4     | 20    | false | [fuera_de_curva]
          38      | 4     | 20    | false | []
          77      | 8     | 20    | false | []
          100     | 9     | 20    | false | []
          10      | 12    | 20    | false | [fuera_de_curva]
          20      | 12    | 20    | false | []
          0       | 20    | 20    | false | []
          5       | 20    | 20    | false | []
          24      | 20    | 20    | false | [fuera_de_curva]
          26      | 20    | 20    | false | []
          """)
  void doubts_what_one_record_alone_makes_doubtful(
      double production, double wind, double temperature, boolean error, String doubts) {
    GeneratorRecord record = record(production, wind, temperature, error);

    var verdict = rules.judge(record, NOON, LIMITS, null);

    assertEquals(doubts, Quality.codes(verdict.quality()).toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # records | seconds between | kWh | m/s | first stuck
          20        | 60              | 50  | 10  | 11
          20        | 120             | 50  | 10  | 10
          20        | 600             | 50  | 10  | 10
          9         | 600             | 50  | 10  | none
          300       | 1               | 50  | 10  | none
          601       | 1               | 50  | 10  | 601
          50        | 600             | 0   | 0   | none
          20        | 120             | 0   | 2.5 | 10
          """)
  void a_turbine_that_repeats_itself_often_and_long_is_stuck(
      int records, long seconds, double production, double wind, String first) {
    List<Integer> stuck = new ArrayList<>();
    QualityRules.History history = null;
    for (int i = 1; i <= records; i++) {
      var verdict =
          rules.judge(
              record(production, wind, 20, false), NOON.plusSeconds(seconds * i), LIMITS, history);
      history = verdict.history();
      if (verdict.quality() == Quality.STUCK.bit()) {
        stuck.add(i);
      }
    }

    assertEquals(first, stuck.isEmpty() ? "none" : stuck.getFirst().toString());
    assertEquals(stuck.isEmpty() ? 0 : records - stuck.getFirst() + 1, stuck.size());
  }

  @Test
  void one_different_record_ends_being_stuck() {
    QualityRules.History history =
        new QualityRules.History(NOON, 50, 10, NOON.minus(Duration.ofHours(1)), 60);

    var moved = rules.judge(record(50, 10.1, 20, false), NOON.plusSeconds(60), LIMITS, history);
    var next =
        rules.judge(record(50, 10, 20, false), NOON.plusSeconds(120), LIMITS, moved.history());

    assertEquals(0, moved.quality());
    assertEquals(0, next.quality());
  }

  @Test
  void a_record_older_than_the_newest_is_out_of_order_and_changes_no_history() {
    QualityRules.History history = QualityRules.History.startingWith(NOON, 50, 10);

    var late = rules.judge(record(40, 9, 20, false), NOON.minusMillis(1), LIMITS, history);

    assertEquals(Quality.OUT_OF_ORDER.bit(), late.quality());
    assertEquals(history, late.history());
  }

  @Test
  void the_same_record_again_is_neither_late_nor_one_more_repetition() {
    QualityRules.History history = QualityRules.History.startingWith(NOON, 50, 10);

    var again = rules.judge(record(50, 10, 20, false), NOON, LIMITS, history);

    assertEquals(0, again.quality());
    assertEquals(history, again.history());
  }

  private static GeneratorRecord record(
      double production, double wind, double temperature, boolean error) {
    return new GeneratorRecord(1, production, wind, "N", temperature, error, null, "");
  }
}
