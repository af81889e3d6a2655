package io.vatio.reading;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import org.jspecify.annotations.Nullable;

/// Answers what the readings of a series add up to in any buckets of time, from whatever is
/// cheapest: days, hours, minutes or the readings themselves. The answer is the one that the
/// readings give at that moment, whatever it came from.
///
/// Where readings were dropped by retention their hours (and minutes) answer in their place; a
/// bucket that is finer than what is left has nothing. Thread safe; blocks on the store.
public final class Buckets {
  private static final long HOUR = Interval.HOUR.length();
  private static final long MINUTE = RollupMinutes.MINUTE;

  /// A day, with some room for those that have 23 hours.
  private static final long NEARLY_A_DAY = 20 * HOUR;

  /// Beyond so many series of one question the rows of a day are read for all at once.
  private static final int MANY = 20;

  private final Rollups rollups;

  public Buckets(Rollups rollups) {
    this.rollups = rollups;
  }

  /// Where an answer comes from, finest first.
  public enum Source {
    RAW("crudo"),
    MINUTES("minuto"),
    HOURS("hora"),
    DAYS("dia");

    private final String code;

    Source(String code) {
      this.code = code;
    }

    /// The wire word.
    public String code() {
      return code;
    }
  }

  /// Sums by bucket.
  ///
  /// @param source the coarsest that the sums were taken from
  public record Answer(Source source, List<Aggregate> cells) {}

  /// What the readings of a series add up to.
  ///
  /// @param bounds rising, microseconds since 1970 UTC, at least two; see [Interval#bounds]
  public Answer over(int seriesId, long[] bounds) {
    if (bounds.length < 2) {
      return new Answer(Source.RAW, List.of());
    }
    Source source = coarsest(bounds);
    RollupDirty.OfSeries dirty = rollups.dirty().of(seriesId);
    if (source == Source.DAYS) {
      long stamp = dirty.stamp();
      if (stamp % 2 == 0 && !dirty.isRebuilding()) {
        Answer answer = new One(seriesId, bounds, source).answer();
        if (dirty.stamp() == stamp) {
          return answer;
        }
      }
      // Days and hours are being written just now, and would not fit each other.
      source = Source.HOURS;
    }
    return new One(seriesId, bounds, dirty.isRebuilding() ? Source.RAW : source).answer();
  }

  private static Source coarsest(long[] bounds) {
    long longest = 0;
    boolean minutes = true;
    for (int i = 0; i + 1 < bounds.length; i++) {
      longest = Math.max(longest, bounds[i + 1] - bounds[i]);
      minutes &= Math.floorMod(bounds[i], MINUTE) == 0;
    }
    if (longest >= NEARLY_A_DAY) {
      return Source.DAYS;
    }
    // What is shorter than an hour of any length has no whole hour in it.
    return longest >= HOUR / 2 ? Source.HOURS : minutes ? Source.MINUTES : Source.RAW;
  }

  /// What this day (by the clock of each series' site) adds up to so far, for many series at once.
  ///
  /// @return by series, in the order asked for
  public Map<Integer, Aggregate> today(Collection<Integer> seriesIds) {
    long now = rollups.now();
    Map<Integer, Aggregate> sums = new LinkedHashMap<>();
    Map<Long, List<Integer>> unknown = new HashMap<>();
    for (Integer id : seriesIds) {
      Aggregate known = known(id, today(id, now), now);
      sums.put(id, known == null ? new Aggregate() : known);
      if (known == null) {
        unknown.computeIfAbsent(today(id, now)[0], _ -> new ArrayList<>()).add(id);
      }
    }
    unknown.forEach(
        (from, ids) -> {
          if (ids.size() > MANY) {
            learn(ids, from);
          }
          for (Integer id : ids) {
            long[] today = today(id, now);
            Aggregate known = known(id, today, now);
            sums.put(id, known == null ? over(id, today).cells().getFirst() : known);
          }
        });
    return sums;
  }

  /// From when to when this day goes, by the clock of the series' site.
  private long[] today(int seriesId, long now) {
    ZoneId zone = rollups.zone(seriesId);
    long from = Interval.DAY.floor(now, zone);
    return new long[] {from, Interval.DAY.next(from, zone)};
  }

  /// Reads the rows of a day for many series, and keeps those that nobody is writing.
  private void learn(List<Integer> seriesIds, long from) {
    Map<Integer, Long> stamps = new HashMap<>();
    for (Integer id : seriesIds) {
      RollupDirty.OfSeries dirty = rollups.dirty().of(id);
      stamps.put(id, dirty.stamp());
    }
    Map<Integer, Aggregate> rows = new HashMap<>();
    rollups
        .store()
        .database()
        .read(handle -> rollups.store().day(handle, from))
        .forEach(row -> rows.put(row.seriesId(), row.sums()));
    for (Integer id : seriesIds) {
      RollupDirty.OfSeries dirty = rollups.dirty().of(id);
      long stamp = stamps.getOrDefault(id, 1L);
      boolean rowless =
          dirty.between(from, Long.MAX_VALUE).values().stream()
              .allMatch(RollupDirty.Hour::isRowless);
      if (stamp % 2 == 0 && rowless && !dirty.isRebuilding()) {
        dirty.knowDay(from, stamp, rows.getOrDefault(id, new Aggregate()));
      }
    }
  }

  /// A day's sums from rows that are in memory, null where they are not.
  private @Nullable Aggregate known(int seriesId, long[] today, long now) {
    RollupDirty.OfSeries dirty = rollups.dirty().of(seriesId);
    long stamp = dirty.stamp();
    Aggregate known = dirty.knownDay(today[0]);
    if (known == null) {
      return null;
    }
    Aggregate sums = known.copy();
    long hold = rollups.holds().of(seriesId);
    for (RollupDirty.Hour hour : dirty.between(today[0], today[1]).values()) {
      sums.merge(hour.sums(rollups.readings(), hold, now));
    }
    return dirty.stamp() == stamp ? sums : null;
  }

  /// One question about one series.
  private final class One {
    private final int seriesId;
    private final long[] bounds;
    private final Source source;
    private final long from;
    private final long to;
    private final long hold;
    private final long now = rollups.now();
    private final ZoneId zone;
    private final long rawFrom;
    private final long frozenBefore;
    private final NavigableMap<Long, RollupDirty.Hour> dirty;
    private final Aggregate[] cells;
    private final Map<Long, RollupRow> days = new HashMap<>();
    private final Map<Long, RollupRow> hours = new HashMap<>();
    private final List<Piece> pieces = new ArrayList<>();
    private long hoursUntil = Long.MIN_VALUE;
    private @Nullable Boolean minutes;
    private long decodedFrom = Long.MIN_VALUE;
    private Aggregate[] decoded = new Aggregate[0];
    private Source used = Source.RAW;

    One(int seriesId, long[] bounds, Source source) {
      this.seriesId = seriesId;
      this.bounds = bounds;
      this.source = source;
      this.from = bounds[0];
      this.to = bounds[bounds.length - 1];
      this.hold = rollups.holds().of(seriesId);
      this.zone = rollups.zone(seriesId);
      this.rawFrom = rollups.rawFrom(seriesId);
      RollupDirty.OfSeries hoursOfSeries = rollups.dirty().of(seriesId);
      this.frozenBefore = hoursOfSeries.frozenBefore();
      this.dirty = hoursOfSeries.between(Interval.HOUR.floor(from, zone), to);
      this.cells = new Aggregate[bounds.length - 1];
      Arrays.setAll(cells, _ -> new Aggregate());
    }

    Answer answer() {
      if (source == Source.RAW && from >= rawFrom) {
        for (int i = 0; i < cells.length; i++) {
          raw(bounds[i], bounds[i + 1], i);
        }
      } else {
        if (source == Source.DAYS) {
          read(h -> rollups.store().days(h, seriesId, from, to))
              .forEach(row -> days.put(row.from(), row));
        }
        for (int i = 0; i < cells.length; i++) {
          fill(i);
        }
      }
      readRaw();
      return new Answer(used, List.of(cells));
    }

    private void fill(int i) {
      long at = bounds[i];
      long end = bounds[i + 1];
      while (at < end) {
        if (source == Source.DAYS) {
          long day = Interval.DAY.floor(at, zone);
          long next = Interval.DAY.next(day, zone);
          if (day == at && next <= end && isDayKnown(day, next)) {
            addDay(i, day, next);
            at = next;
            continue;
          }
        }
        long hour = Interval.HOUR.floor(at, zone);
        long next = Interval.HOUR.next(hour, zone);
        long until = Math.min(next, end);
        addHour(i, at, until, hour, next);
        at = until;
      }
    }

    /// Whether the row of a day says all but what its open hours add.
    private boolean isDayKnown(long day, long next) {
      RollupRow row = days.get(day);
      return (row == null || row.to() == next)
          && dirty.subMap(day, next).values().stream().allMatch(RollupDirty.Hour::isRowless);
    }

    private void addDay(int i, long day, long next) {
      RollupRow row = days.get(day);
      if (row != null) {
        use(Source.DAYS);
        cells[i].merge(row.sums());
      }
      for (RollupDirty.Hour hour : dirty.subMap(day, next).values()) {
        cells[i].merge(hour.sums(rollups.readings(), hold, now));
      }
    }

    /// Adds a piece of an hour, or all of it.
    private void addHour(int i, long at, long until, long hour, long next) {
      boolean whole = at == hour && until == next;
      RollupDirty.Hour open = dirty.get(hour);
      if (open != null) {
        if (whole && open.isRowless()) {
          cells[i].merge(open.sums(rollups.readings(), hold, now));
        } else {
          raw(at, until, i);
        }
        return;
      }
      boolean frozen = hour < frozenBefore;
      if (source == Source.RAW && !frozen) {
        raw(at, until, i);
        return;
      }
      RollupRow row = hour(hour);
      if (row == null || row.to() != next) {
        if (!frozen && row != null) {
          raw(at, until, i);
        }
        return;
      }
      if (whole) {
        use(Source.HOURS);
        cells[i].merge(row.sums());
      } else if (hour >= rawFrom) {
        rawOrMinutes(i, at, until, row);
      } else {
        minutes(i, at, until, row);
      }
    }

    private void rawOrMinutes(int i, long at, long until, RollupRow row) {
      boolean fits =
          (at - row.from()) % MINUTE == 0
              && ((until - row.from()) % MINUTE == 0 || until == row.to());
      if (fits && row.minutes() != null) {
        minutes(i, at, until, row);
      } else {
        raw(at, until, i);
      }
    }

    private void minutes(int i, long at, long until, RollupRow row) {
      byte[] bytes = row.minutes();
      if (bytes == null) {
        return;
      }
      use(Source.MINUTES);
      Aggregate[] minutes = decoded(row, bytes);
      for (int m = 0; m < minutes.length; m++) {
        long minute = row.from() + m * MINUTE;
        // One that is cut goes where it begins.
        if (minute >= at && minute < until) {
          cells[i].merge(minutes[m]);
        }
      }
    }

    private Aggregate[] decoded(RollupRow row, byte[] bytes) {
      if (decodedFrom != row.from()) {
        decoded = RollupMinutes.decode(row.from(), bytes);
        decodedFrom = row.from();
      }
      return decoded;
    }

    /// The row of an hour; they are read a week or so at a time.
    private @Nullable RollupRow hour(long hour) {
      if (hour >= hoursUntil) {
        long until =
            source == Source.DAYS
                ? Math.min(to, hour + 25 * HOUR)
                : Math.min(to, hour + 10_000 * HOUR);
        boolean withMinutes = minutes == null ? hasPieces() : minutes;
        minutes = withMinutes;
        hours.clear();
        read(h -> rollups.store().hours(h, seriesId, hour, until, withMinutes))
            .forEach(row -> hours.put(row.from(), row));
        hoursUntil = until;
      }
      return hours.get(hour);
    }

    /// Whether some hour is asked for in pieces.
    private boolean hasPieces() {
      return source == Source.MINUTES
          || source == Source.RAW
          || Arrays.stream(bounds).anyMatch(b -> Interval.HOUR.floor(b, zone) != b);
    }

    private List<RollupRow> read(io.vatio.platform.db.Database.Work<List<RollupRow>> work) {
      return rollups.store().database().read(work);
    }

    private void use(Source coarser) {
      used = used.compareTo(coarser) < 0 ? coarser : used;
    }

    private void raw(long pieceFrom, long pieceTo, int cell) {
      pieces.add(new Piece(pieceFrom, pieceTo, cell));
    }

    /// Adds up the pieces that have to come from readings; what touches is read in one go.
    private void readRaw() {
      int i = 0;
      while (i < pieces.size()) {
        int end = i + 1;
        while (end < pieces.size() && pieces.get(end).from() == pieces.get(end - 1).to()) {
          end++;
        }
        long[] edges = new long[end - i + 1];
        for (int k = i; k < end; k++) {
          edges[k - i] = pieces.get(k).from();
        }
        edges[end - i] = pieces.get(end - 1).to();
        AggregateFold fold = new AggregateFold(edges, hold, now);
        rollups.readings().scan(seriesId, fold.readFrom(), edges[edges.length - 1], fold);
        Aggregate[] sums = fold.results();
        for (int k = i; k < end; k++) {
          cells[pieces.get(k).cell()].merge(sums[k - i]);
        }
        i = end;
      }
    }
  }

  /// A stretch of time that is taken from readings, and the bucket it belongs to.
  private record Piece(long from, long to, int cell) {}
}
