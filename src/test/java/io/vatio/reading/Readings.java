package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A store with its roll-ups as the server wires them, and beside it the simplest thing that could
/// be right: every reading in a map.
final class Readings implements AutoCloseable {
  final String url;
  final FixedClock clock;
  final ZoneId zone;
  final List<Integer> series;

  /// Series that follow another clock.
  final Map<Integer, ZoneId> zones = new HashMap<>();

  final Map<Integer, NavigableMap<Long, Known>> model = new TreeMap<>();
  Database database;
  ReadingStore store;
  Rollups rollups;
  Buckets buckets;

  record Known(double value, boolean good) {}

  Readings(String url, FixedClock clock, ZoneId zone, List<Integer> series) {
    this.url = url;
    this.clock = clock;
    this.zone = zone;
    this.series = series;
    open();
  }

  private void open() {
    database = Databases.open(url);
    store = ReadingStore.open(database);
    rollups =
        Rollups.open(database, store, () -> series, id -> zones.getOrDefault(id, zone), clock);
    buckets = new Buckets(rollups);
  }

  /// As after a crash: nothing is said to anybody before.
  void reopen() {
    store.close();
    database.close();
    open();
  }

  void append(List<NewReading> rows) {
    Appended appended = database.write(handle -> store.append(handle, rows));
    store.committed(appended);
    long from = Long.MAX_VALUE;
    long to = 0;
    for (@Nullable Reading row : appended.rows()) {
      if (row != null) {
        from = Math.min(from, row.seq());
        to = Math.max(to, row.seq());
        model(row.seriesId()).put(row.ts(), new Known(row.value(), Quality.isGood(row.quality())));
      }
    }
    if (to > 0) {
      rollups.heard(from, to);
    }
  }

  void append(int id, String iso, double value) {
    append(List.of(reading(id, Micros.of(Instant.parse(iso)), value, 0)));
  }

  void correct(int id, long ts, double value) {
    rollups.correcting(
        done ->
            store
                .correct(new Correction(id, ts, value, 0, "r", "a", clock.instant()))
                .ifPresent(done));
    model(id).put(ts, new Known(value, true));
  }

  static NewReading reading(int id, long ts, double value, int quality) {
    return new NewReading(id, ts, true, value, quality, null, 0, false);
  }

  NavigableMap<Long, Known> model(int id) {
    return model.computeIfAbsent(id, _ -> new TreeMap<>());
  }

  void work() {
    while (rollups.work()) {
      // Until nothing is left.
    }
  }

  /// What the readings add up to, by looking at all of them for each bucket.
  List<Aggregate> expected(int id, long[] bounds) {
    List<Aggregate> cells = new ArrayList<>();
    long hold = rollups.holds().of(id);
    long now = Micros.of(clock.instant());
    for (int i = 0; i + 1 < bounds.length; i++) {
      Aggregate cell = new Aggregate();
      for (Map.Entry<Long, Known> e :
          model(id).subMap(bounds[i] - hold, bounds[i + 1]).entrySet()) {
        boolean inside = e.getKey() >= bounds[i] && e.getKey() < bounds[i + 1];
        if (!e.getValue().good()) {
          cell.flagged += inside ? 1 : 0;
          continue;
        }
        if (inside) {
          cell.add(e.getKey(), e.getValue().value());
        }
        long until = Math.min(e.getKey() + hold, Math.min(now, bounds[i + 1]));
        for (Map.Entry<Long, Known> next : model(id).tailMap(e.getKey(), false).entrySet()) {
          if (next.getValue().good()) {
            until = Math.min(until, next.getKey());
            break;
          }
        }
        long from = Math.max(e.getKey(), bounds[i]);
        if (from < until) {
          cell.hold(e.getValue().value(), until - from);
        }
      }
      cells.add(cell);
    }
    return cells;
  }

  /// Fails unless both are as equal as sums of doubles can be, whose last bits depend on the order
  /// of adding.
  static void assertSame(List<Aggregate> expected, List<Aggregate> found, String what) {
    assertEquals(expected.size(), found.size(), what);
    for (int i = 0; i < found.size(); i++) {
      Aggregate wanted = expected.get(i);
      assertEquals(text(wanted, wanted), text(found.get(i), wanted), what + ", bucket " + i);
    }
  }

  private static String text(Aggregate cell, Aggregate wanted) {
    return "%d %d %s %s %s %s %s %s %d"
        .formatted(
            cell.count,
            cell.flagged,
            near(cell.sum, wanted.sum, cell.count),
            cell.min(),
            cell.max(),
            cell.first(),
            cell.last(),
            near(cell.weighted, wanted.weighted, cell.covered),
            cell.covered);
  }

  private static double near(double value, double wanted, long weight) {
    return Math.abs(value - wanted) <= 1e-10 * weight + 1e-10 * Math.abs(wanted) ? wanted : value;
  }

  @Override
  public void close() {
    store.close();
    database.close();
  }
}
