package io.vatio.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One line of the table.
///
/// @param figure the measured value with its unit
/// @param latencies of single answers, or null where the row has none
/// @param serverCpu cores used by the server, negative when there is none
/// @param loadCpu cores used by the load generator, negative when there is none
/// @param note what a reader must know to judge the figure
/// @param values the same for machines, plain numbers with the unit in the name
record Row(
    String name,
    String figure,
    @Nullable LatencyHistogram latencies,
    double serverCpu,
    double loadCpu,
    String note,
    Map<String, Object> values) {

  static Row of(String name, String figure, String note, Map<String, Object> values) {
    return new Row(name, figure, null, -1, -1, note, values);
  }

  static Row failed(String name, BenchFailure failure) {
    String reason = String.valueOf(failure.getMessage());
    return of(name, "failed", reason, Map.of("failed", reason));
  }

  /// Everything of this row as one flat map for JSON.
  Map<String, Object> json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("name", name);
    all.putAll(values);
    if (latencies != null) {
      all.put("p50_ms", millis(latencies.percentileNanos(0.50)));
      all.put("p95_ms", millis(latencies.percentileNanos(0.95)));
      all.put("p99_ms", millis(latencies.percentileNanos(0.99)));
      all.put("max_ms", millis(latencies.maxNanos()));
    }
    if (serverCpu >= 0) {
      all.put("server_cpu_cores", Math.round(serverCpu * 100) / 100.0);
    }
    if (loadCpu >= 0) {
      all.put("load_cpu_cores", Math.round(loadCpu * 100) / 100.0);
    }
    all.put("note", note);
    return all;
  }

  /// The cells of this row in the order of [Report]'s head.
  String[] cells() {
    return new String[] {
      name,
      figure,
      latency(0.50),
      latency(0.95),
      latency(0.99),
      latencies == null ? "" : text(millis(latencies.maxNanos())),
      cores(serverCpu),
      cores(loadCpu),
      note
    };
  }

  private String latency(double share) {
    return latencies == null ? "" : text(millis(latencies.percentileNanos(share)));
  }

  private static double millis(long nanos) {
    return Math.round(nanos / 1e4) / 100.0;
  }

  private static String text(double millis) {
    return String.format(Locale.ROOT, "%.2f", millis);
  }

  private static String cores(double value) {
    return value < 0 ? "" : Math.round(value * 100) + " %";
  }
}
