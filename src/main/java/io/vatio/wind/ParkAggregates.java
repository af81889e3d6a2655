package io.vatio.wind;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Adds up what the turbines of a park sent. Always from the stored records, so the order and the
/// time of their arrival make no difference: late data correct past intervals by themselves.
///
/// Blocks on the store; memory is bounded by one page of readings and the number of intervals.
final class ParkAggregates {
  /// Readings held at a time.
  private static final int PAGE = 10_000;

  /// A query that would look at more records than this is refused: some ten seconds of work.
  private static final int MAX_RECORDS = 3_000_000;

  /// A turbine that was heard this long before the window is expected to report in it.
  private static final Duration MISSED_FOR = Duration.ofDays(1);

  private final ReadingStore readings;
  private final Turbines turbines;

  ParkAggregates(ReadingStore readings, Turbines turbines) {
    this.readings = readings;
    this.turbines = turbines;
  }

  /// @param bounds of the intervals, see [Interval#bounds]
  /// @param park only its records; null for all
  /// @param now nothing is expected later than this
  /// @throws Problem when the window holds too many records
  ParkAggregate over(
      Instant from, Instant to, List<Instant> bounds, @Nullable String park, Instant now) {
    Sum sum = new Sum(Micros.of(from), Micros.of(to), bounds, park, Micros.of(now));
    for (Turbines.Known turbine : turbines.list()) {
      sum.add(turbine);
    }
    return sum.result(bounds);
  }

  /// One query on its way through the turbines.
  private final class Sum {
    private final long from;
    private final long to;
    private final long[] bounds;
    private final @Nullable String park;
    private final long dueUntil;
    private final Cell[] cells;
    private final Cell window = new Cell();
    private final Map<String, Boolean> inPark = new HashMap<>();
    private int records;

    Sum(long from, long to, List<Instant> bounds, @Nullable String park, long now) {
      this.from = from;
      this.to = to;
      this.bounds = bounds.stream().mapToLong(Micros::of).toArray();
      this.park = park;
      this.dueUntil = Math.min(to, now);
      this.cells = new Cell[Math.max(0, bounds.size() - 1)];
      Arrays.setAll(cells, _ -> new Cell());
    }

    void add(Turbines.Known turbine) {
      Times mine = new Times();
      each(turbine.production(), reading -> addProduction(reading, mine));
      // The park of a record stands with its production; the wind beside it has the same time.
      Times filter = park == null ? null : mine;
      if (mine.count > 0) {
        addQuantity(turbine.wind(), filter, true);
        addQuantity(turbine.temperature(), filter, false);
      }
      endTurbine(turbine, mine);
    }

    private void addProduction(Reading reading, Times mine) {
      if (!isInPark(reading)) {
        return;
      }
      mine.add(reading.ts());
      Cell cell = cell(reading.ts());
      if (Quality.isGood(reading.quality())) {
        cell.addProduction(reading.value());
        window.addProduction(reading.value());
      } else {
        cell.addFlagged();
        window.addFlagged();
      }
    }

    private void addQuantity(@Nullable Integer series, @Nullable Times filter, boolean wind) {
      if (series == null) {
        return;
      }
      Cursor cursor = filter == null ? null : new Cursor(filter);
      each(
          series,
          reading -> {
            if (!Quality.isGood(reading.quality())
                || (cursor != null && !cursor.contains(reading.ts()))) {
              return;
            }
            Cell cell = cell(reading.ts());
            if (wind) {
              cell.addWind(reading.value());
              window.addWind(reading.value());
            } else {
              cell.addTemperature(reading.value());
              window.addTemperature(reading.value());
            }
          });
    }

    /// Sets what came from this turbine against what was due by its own cadence.
    private void endTurbine(Turbines.Known turbine, Times mine) {
      List<Reading> before =
          readings
              .newest(turbine.production(), from - micros(MISSED_FOR), from, 4 * Cadence.GAPS)
              .stream()
              .filter(this::isInPark)
              .toList();
      if (mine.count == 0 && before.isEmpty()) {
        return;
      }
      OptionalLong cadence = Cadence.of(mine.times, mine.count);
      if (cadence.isEmpty()) {
        Times all = new Times();
        for (int i = 0; i < mine.count; i++) {
          all.add(mine.times[i]);
        }
        before.forEach(reading -> all.add(reading.ts()));
        cadence = Cadence.of(all.times, all.count);
      }
      // A turbine is expected from its first sign of life on.
      long since = before.isEmpty() ? mine.times[mine.count - 1] : from;
      for (int i = 0; i < cells.length; i++) {
        long begin = Math.max(since, Math.max(from, bounds[i]));
        long end = Math.min(dueUntil, bounds[i + 1]);
        cells[i].endTurbine(due(begin, end, cadence));
      }
      window.endTurbine(due(Math.max(since, from), dueUntil, cadence));
    }

    /// Nothing, while the cadence is not known.
    private static long due(long begin, long end, OptionalLong cadence) {
      return cadence.isEmpty() || end <= begin ? 0 : (end - begin) / cadence.getAsLong();
    }

    /// Every reading of a series in the window, newest first, page by page.
    private void each(int series, Consumer<Reading> consumer) {
      long end = to;
      while (end > from) {
        List<Reading> page = readings.newest(series, from, end, PAGE);
        page.forEach(consumer);
        records += page.size();
        if (records > MAX_RECORDS) {
          throw Problem.invalid("desde", Text.of("wind.too_much"));
        }
        if (page.size() < PAGE) {
          return;
        }
        end = page.getLast().ts();
      }
    }

    private boolean isInPark(Reading reading) {
      return park == null
          || inPark.computeIfAbsent(
              String.valueOf(reading.meta()), meta -> RecordMeta.of(meta).park().equals(park));
    }

    private Cell cell(long ts) {
      int at = Arrays.binarySearch(bounds, ts);
      return cells[at >= 0 ? at : -at - 2];
    }

    ParkAggregate result(List<Instant> at) {
      ParkAggregate.Part[] parts = new ParkAggregate.Part[cells.length];
      for (int i = 0; i < cells.length; i++) {
        parts[i] = new ParkAggregate.Part(at.get(i), at.get(i + 1), cells[i].figures());
      }
      return new ParkAggregate(window.figures(), List.of(parts));
    }
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }

  /// The times of one turbine's records, newest first.
  private static final class Times {
    private long[] times = new long[64];
    private int count;

    void add(long ts) {
      if (count == times.length) {
        times = Arrays.copyOf(times, count * 2);
      }
      times[count++] = ts;
    }
  }

  /// Goes down a list of times beside another walk that goes down too.
  private static final class Cursor {
    private final Times of;
    private int next;

    Cursor(Times of) {
      this.of = of;
    }

    boolean contains(long ts) {
      while (next < of.count && of.times[next] > ts) {
        next++;
      }
      return next < of.count && of.times[next] == ts;
    }
  }

  /// The sums of one stretch of time.
  private static final class Cell {
    private double production;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private long valid;
    private long flagged;
    private double wind;
    private long windCount;
    private double temperature;
    private long temperatureCount;
    private int turbines;
    private long due;

    /// Of what was due.
    private long received;

    // Of the turbine that is being added.
    private long ownValid;
    private long ownFlagged;

    void addProduction(double value) {
      production += value;
      least = Math.min(least, value);
      most = Math.max(most, value);
      valid++;
      ownValid++;
    }

    void addFlagged() {
      flagged++;
      ownFlagged++;
    }

    void addWind(double value) {
      wind += value;
      windCount++;
    }

    void addTemperature(double value) {
      temperature += value;
      temperatureCount++;
    }

    /// @param ownDue how many records were due from this turbine, 0 where nobody can tell: then
    ///     those count that came
    void endTurbine(long ownDue) {
      long expected = ownDue == 0 ? ownValid + ownFlagged : ownDue;
      due += expected;
      received += Math.min(ownValid, expected);
      turbines += ownValid + ownFlagged > 0 ? 1 : 0;
      ownValid = 0;
      ownFlagged = 0;
    }

    ParkAggregate.Figures figures() {
      return new ParkAggregate.Figures(
          mean(production, valid),
          production,
          valid == 0 ? OptionalDouble.empty() : OptionalDouble.of(least),
          valid == 0 ? OptionalDouble.empty() : OptionalDouble.of(most),
          mean(wind, windCount),
          mean(temperature, temperatureCount),
          turbines,
          valid,
          flagged,
          mean(received, due));
    }

    private static OptionalDouble mean(double sum, long count) {
      return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
    }
  }
}
