package io.vatio.wind;

import io.vatio.device.Device;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Adds up what the turbines of a park sent. Always from the stored records, so the order and the
/// time of their arrival make no difference: late data correct past intervals by themselves.
///
/// Blocks on the store. Memory is bounded by a few pages of readings and the number of intervals.
final class ParkAggregates {
  /// Readings of one turbine held at a time.
  private static final int PAGE = 10_000;

  /// Turbines read at the same time; one reader of the database stays free for others.
  private static final int PARALLEL = 2;

  /// A query that would look at more readings than this is refused: some ten seconds of work.
  private static final int MAX_READINGS = 10_000_000;

  /// A turbine that was heard this long before the window is expected to report in it.
  private static final Duration MISSED_FOR = Duration.ofDays(1);

  /// So many records before the window help to find the cadence of one that has few inside.
  private static final int BEFORE = 4 * Cadence.GAPS;

  private final ReadingStore readings;
  private final Turbines turbines;

  ParkAggregates(ReadingStore readings, Turbines turbines) {
    this.readings = readings;
    this.turbines = turbines;
  }

  /// @param seen devices to look at
  /// @param bounds of the intervals, see [io.vatio.reading.Interval#bounds]
  /// @param park only its records; null for all
  /// @param now nothing is expected later than this
  /// @throws Problem when the window holds too many records
  ParkAggregate over(
      Predicate<Device> seen,
      Instant from,
      Instant to,
      long[] bounds,
      @Nullable String park,
      Instant now) {
    Query query = new Query(Micros.of(from), Micros.of(to), bounds, park, Micros.of(now));
    Cells all = new Cells(query);
    List<Turbines.Known> known = turbines.list(seen);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < known.size(); i += PARALLEL) {
        List<Future<Cells>> parts = new ArrayList<>(PARALLEL);
        for (Turbines.Known turbine : known.subList(i, Math.min(known.size(), i + PARALLEL))) {
          parts.add(threads.submit(() -> new One(query, turbine).sum()));
        }
        // In order of the turbines' numbers: the same records give the same last digit.
        parts.forEach(part -> all.merge(get(part)));
      }
    }
    return all.aggregate();
  }

  private static Cells get(Future<Cells> part) {
    try {
      return part.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /// What is asked, in microseconds since 1970.
  private static final class Query {
    private final long from;
    private final long to;
    private final long[] bounds;
    private final @Nullable String park;
    private final long dueUntil;
    private final Map<String, Boolean> inPark = new ConcurrentHashMap<>();
    private final AtomicInteger seen = new AtomicInteger();

    Query(long from, long to, long[] bounds, @Nullable String park, long now) {
      this.from = from;
      this.to = to;
      this.bounds = bounds;
      this.park = park;
      this.dueUntil = Math.min(to, now);
    }

    boolean isInPark(Reading production) {
      return park == null
          || inPark.computeIfAbsent(
              String.valueOf(production.meta()), meta -> RecordMeta.of(meta).park().equals(park));
    }

    int intervals() {
      return Math.max(0, bounds.length - 1);
    }

    void count(int page) {
      if (seen.addAndGet(page) > MAX_READINGS) {
        throw Problem.invalid("desde", Text.of("wind.too_much"));
      }
    }
  }

  /// The sums of all intervals and of the window.
  private static final class Cells {
    private final long[] bounds;
    private final Cell[] cells;
    private final Cell window = new Cell();

    Cells(Query query) {
      this.bounds = query.bounds;
      this.cells = new Cell[query.intervals()];
      Arrays.setAll(cells, _ -> new Cell());
    }

    Cell at(long ts) {
      int at = Arrays.binarySearch(bounds, ts);
      return cells[at >= 0 ? at : -at - 2];
    }

    void merge(Cells turbine) {
      window.merge(turbine.window);
      for (int i = 0; i < cells.length; i++) {
        cells[i].merge(turbine.cells[i]);
      }
    }

    ParkAggregate aggregate() {
      List<ParkAggregate.Part> parts = new ArrayList<>(cells.length);
      for (int i = 0; i < cells.length; i++) {
        parts.add(
            new ParkAggregate.Part(
                Micros.toInstant(bounds[i]), Micros.toInstant(bounds[i + 1]), cells[i].figures()));
      }
      return new ParkAggregate(window.figures(), List.copyOf(parts));
    }
  }

  /// One turbine's part of a query. Used by one thread.
  private final class One {
    private final Query query;
    private final Turbines.Known turbine;
    private final Cells cells;
    private final Times times = new Times();

    One(Query query, Turbines.Known turbine) {
      this.query = query;
      this.turbine = turbine;
      this.cells = new Cells(query);
    }

    Cells sum() {
      each(turbine.production(), this::addProduction);
      if (times.count > 0) {
        addQuantity(turbine.wind(), Cell::addWind);
        addQuantity(turbine.temperature(), Cell::addTemperature);
      }
      addDue();
      return cells;
    }

    private void addProduction(Reading reading) {
      if (query.isInPark(reading)) {
        times.add(reading.ts());
        boolean good = Quality.isGood(reading.quality());
        cells.at(reading.ts()).addProduction(reading.value(), good);
        cells.window.addProduction(reading.value(), good);
      }
    }

    private void addQuantity(@Nullable Integer series, Adding adding) {
      if (series == null) {
        return;
      }
      // The park of a record stands with its production; what has the same time is the same record.
      Times.Walk record = query.park == null ? null : times.walk();
      each(
          series,
          reading -> {
            if (Quality.isGood(reading.quality())
                && (record == null || record.contains(reading.ts()))) {
              adding.add(cells.at(reading.ts()), reading.value());
              adding.add(cells.window, reading.value());
            }
          });
    }

    /// Sets what came against what was due by the turbine's own cadence.
    private void addDue() {
      List<Reading> before =
          readings
              .newest(
                  turbine.production(),
                  query.from - MISSED_FOR.toNanos() / 1_000,
                  query.from,
                  BEFORE)
              .stream()
              .filter(query::isInPark)
              .toList();
      if (times.count == 0 && before.isEmpty()) {
        return;
      }
      // A turbine is expected from its first sign of life on.
      long since = before.isEmpty() ? times.oldest() : query.from;
      OptionalLong cadence = cadence(before);
      for (int i = 0; i < cells.cells.length; i++) {
        long begin = Math.max(since, Math.max(query.from, query.bounds[i]));
        long end = Math.min(query.dueUntil, query.bounds[i + 1]);
        cells.cells[i].expect(due(begin, end, cadence));
      }
      cells.window.expect(due(Math.max(since, query.from), query.dueUntil, cadence));
    }

    private OptionalLong cadence(List<Reading> before) {
      if (times.count <= Cadence.GAPS) {
        before.forEach(reading -> times.add(reading.ts()));
      }
      return Cadence.of(times.times, times.count);
    }

    /// Every reading of a series in the window, newest first, page by page.
    private void each(int series, Consumer<Reading> consumer) {
      long end = query.to;
      while (end > query.from) {
        List<Reading> page = readings.newest(series, query.from, end, PAGE);
        query.count(page.size());
        page.forEach(consumer);
        if (page.size() < PAGE) {
          return;
        }
        end = page.getLast().ts();
      }
    }
  }

  /// Nothing, while the cadence is not known.
  private static long due(long begin, long end, OptionalLong cadence) {
    return cadence.isEmpty() || end <= begin ? 0 : (end - begin) / cadence.getAsLong();
  }

  @FunctionalInterface
  private interface Adding {
    void add(Cell cell, double value);
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

    long oldest() {
      return times[count - 1];
    }

    Walk walk() {
      return new Walk();
    }

    /// Goes down the times beside another walk that goes down too.
    private final class Walk {
      private int next;

      boolean contains(long ts) {
        while (next < count && times[next] > ts) {
          next++;
        }
        return next < count && times[next] == ts;
      }
    }
  }
}
