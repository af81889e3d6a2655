package io.vatio.reading;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/// Days whose readings are gone, after the clock of the site changed: made again from their hours.
/// Where those are gone too, the sums of an old day belong to the new one that has its middle.
final class FrozenDays {
  private FrozenDays() {}

  /// Does it in this transaction; a second time changes nothing.
  ///
  /// @param before readings and hours behind this time are all there
  static void rewrite(Handle handle, RollupStore store, int seriesId, long before, ZoneId zone) {
    long until = Interval.DAY.next(Interval.DAY.floor(before, zone), zone);
    List<RollupRow> hours = store.hours(handle, seriesId, Long.MIN_VALUE, until, false);
    hours.sort(Comparator.comparingLong(RollupRow::from));
    long firstHour = hours.isEmpty() ? Long.MAX_VALUE : hours.getFirst().from();
    TreeMap<Long, Aggregate> days = new TreeMap<>();
    long counted = Long.MIN_VALUE;
    List<RollupRow> old = store.days(handle, seriesId, Long.MIN_VALUE, until);
    old.sort(Comparator.comparingLong(RollupRow::from));
    for (RollupRow day : old) {
      if (day.from() < firstHour) {
        long middle = day.from() + (day.to() - day.from()) / 2;
        merge(days, Interval.DAY.floor(middle, zone), day);
        counted = Math.max(counted, day.to());
      }
    }
    for (RollupRow hour : hours) {
      if (hour.from() >= counted) {
        merge(days, Interval.DAY.floor(hour.from(), zone), hour);
      }
    }
    List<RollupRow> rows = new ArrayList<>(days.size());
    days.forEach(
        (from, sums) ->
            rows.add(new RollupRow(seriesId, from, Interval.DAY.next(from, zone), sums, null)));
    store.deleteDays(handle, seriesId, until);
    store.saveDays(handle, rows);
  }

  private static void merge(TreeMap<Long, Aggregate> days, long day, RollupRow row) {
    days.computeIfAbsent(day, _ -> new Aggregate()).merge(row.sums());
  }
}
