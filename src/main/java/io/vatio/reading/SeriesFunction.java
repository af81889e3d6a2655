package io.vatio.reading;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// One figure of a bucket: its wire word, and how it is found.
///
/// @param percentile 0 to 100 for those that need every reading, else NaN
record SeriesFunction(
    String code, double percentile, Function<Aggregate, @Nullable Number> figure) {
  private static final List<SeriesFunction> FIXED =
      List.of(
          of("mean", Aggregate::mean),
          of("twmean", Aggregate::timeWeightedMean),
          of("min", Aggregate::min),
          of("max", Aggregate::max),
          // The sum of nothing is not known, while the count of nothing is.
          of("sum", sums -> sums.count() == 0 ? null : (Double) sums.sum()),
          of("first", Aggregate::first),
          of("last", Aggregate::last),
          of("count", Aggregate::count),
          of("flagged", Aggregate::flagged),
          of("coverage", _ -> null));

  static final String COVERAGE = "coverage";

  static final List<String> USUAL = List.of("mean", "min", "max", "count", "flagged", COVERAGE);

  private static SeriesFunction of(String code, Function<Aggregate, @Nullable Number> figure) {
    return new SeriesFunction(code, Double.NaN, figure);
  }

  boolean isPercentile() {
    return !Double.isNaN(percentile);
  }

  /// The function of a wire word: one of the fixed ones, or `p` and a number from 0 to 100.
  static Optional<SeriesFunction> findByCode(String code) {
    for (SeriesFunction function : FIXED) {
      if (function.code.equals(code)) {
        return Optional.of(function);
      }
    }
    if (code.matches("p[0-9]{1,3}(\\.[0-9]{1,3})?")) {
      double percentile = Double.parseDouble(code.substring(1));
      if (percentile <= 100) {
        return Optional.of(new SeriesFunction(code, percentile, _ -> null));
      }
    }
    return Optional.empty();
  }

  static List<String> codes() {
    return FIXED.stream().map(SeriesFunction::code).toList();
  }
}
