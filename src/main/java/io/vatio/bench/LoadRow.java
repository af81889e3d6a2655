package io.vatio.bench;

import io.vatio.bench.LoadLoop.Result;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Makes a row of what one load gave.
final class LoadRow {
  private LoadRow() {}

  /// @param promise what an answer means
  /// @param stored readings that the server says it has stored, negative when nobody asked
  static Row of(String name, Result result, String promise, long stored) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("per_s", Math.round(result.perSecond()));
    values.put("measured_s", result.measured().toMillis() / 1000.0);
    values.put("acknowledged_in_all", result.acceptedInAll());
    values.put("refused_in_all", result.refusedInAll());
    values.put("unanswered", result.unanswered());
    String note = promise;
    if (stored >= 0) {
      double readings = result.perSecond() * stored / Math.max(1, result.acceptedInAll());
      values.put("readings_stored", stored);
      values.put("readings_per_s", Math.round(readings));
      note +=
          "; acknowledged %s, stored %s readings%s%s"
              .formatted(
                  grouped(result.acceptedInAll()),
                  grouped(stored),
                  result.refusedInAll() == 0 ? "" : ", REFUSED " + grouped(result.refusedInAll()),
                  result.unanswered() == 0 ? "" : ", UNANSWERED " + grouped(result.unanswered()));
      if (result.serverCpu() > 0) {
        double perCpu = readings / result.serverCpu();
        values.put("readings_per_server_cpu_s", Math.round(perCpu));
        note +=
            "; %s readings/s, %s in a second of the server's CPU"
                .formatted(grouped(readings), grouped(perCpu));
      }
    }
    return new Row(
        name,
        rate(result.perSecond()),
        result.latencies(),
        result.serverCpu(),
        result.loadCpu(),
        note,
        values);
  }

  static String rate(double perSecond) {
    return grouped(perSecond) + "/s";
  }

  static String grouped(double number) {
    return String.format(Locale.ROOT, "%,d", Math.round(number)).replace(',', ' ');
  }
}
