package io.vatio.reading;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/// Adds hours up from their readings, and writes them together with the days they belong to.
final class RollupWriter {
  private final ReadingStore readings;
  private final RollupStore store;
  private final HoldLimits holds;
  private final IntFunction<ZoneId> zones;

  RollupWriter(
      ReadingStore readings, RollupStore store, HoldLimits holds, IntFunction<ZoneId> zones) {
    this.readings = readings;
    this.store = store;
    this.holds = holds;
    this.zones = zones;
  }

  /// Adds hours that touch each other up from their readings, which are read in one go.
  ///
  /// @param hours their bounds
  /// @param minutesFrom readings from which on an hour keeps its minutes
  List<RollupRow> addUp(int seriesId, long[] hours, long minutesFrom) {
    long[] bounds = minutes(hours);
    AggregateFold fold = new AggregateFold(bounds, holds.of(seriesId), Long.MAX_VALUE);
    readings.scan(seriesId, fold.readFrom(), bounds[bounds.length - 1], fold);
    Aggregate[] cells = fold.results();
    List<RollupRow> rows = new ArrayList<>(hours.length - 1);
    int at = 0;
    for (int i = 0; i + 1 < hours.length; i++) {
      int first = at;
      Aggregate sums = new Aggregate();
      while (at < cells.length && bounds[at] < hours[i + 1]) {
        sums.merge(cells[at++]);
      }
      byte[] kept =
          sums.count + sums.flagged >= minutesFrom
              ? RollupMinutes.encode(hours[i], Arrays.copyOfRange(cells, first, at))
              : null;
      rows.add(new RollupRow(seriesId, hours[i], hours[i + 1], sums, kept));
    }
    return rows;
  }

  private static long[] minutes(long[] hours) {
    long[] all = new long[64 * hours.length];
    int n = 0;
    for (int i = 0; i + 1 < hours.length; i++) {
      long[] bounds = RollupMinutes.bounds(hours[i], hours[i + 1]);
      if (n + bounds.length > all.length) {
        all = Arrays.copyOf(all, 2 * (n + bounds.length));
      }
      // The last bound is the first one of the next hour.
      System.arraycopy(bounds, 0, all, n, bounds.length);
      n += bounds.length - 1;
    }
    return Arrays.copyOf(all, n + 1);
  }

  /// Writes hours and, from all their hours, the days they belong to, in one transaction.
  ///
  /// @param done hours whose marks go with it
  void write(List<RollupRow> rows, List<RollupStore.Place> done) {
    Map<RollupStore.Stretch, Aggregate> days = new LinkedHashMap<>();
    Map<Integer, RollupStore.Stretch> last = new HashMap<>();
    for (RollupRow row : rows) {
      RollupStore.Stretch day = last.get(row.seriesId());
      if (day == null || row.from() < day.from() || row.from() >= day.to()) {
        day = dayOf(row);
        last.put(row.seriesId(), day);
      }
      days.putIfAbsent(day, new Aggregate());
    }
    store
        .database()
        .write(
            handle -> {
              store.saveHours(handle, rows);
              for (RollupRow hour : store.hoursOf(handle, days.keySet())) {
                Aggregate sums = days.get(dayOf(hour));
                if (sums != null) {
                  sums.merge(hour.sums());
                }
              }
              List<RollupRow> dayRows = new ArrayList<>(days.size());
              days.forEach(
                  (day, sums) ->
                      dayRows.add(new RollupRow(day.seriesId(), day.from(), day.to(), sums, null)));
              store.saveDays(handle, dayRows);
              store.deleteDirty(handle, done);
              return true;
            });
  }

  private RollupStore.Stretch dayOf(RollupRow hour) {
    ZoneId zone = zones.apply(hour.seriesId());
    long from = Interval.DAY.floor(hour.from(), zone);
    return new RollupStore.Stretch(hour.seriesId(), from, Interval.DAY.next(from, zone));
  }
}
