package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.platform.db.Database;
import io.vatio.testing.Databases;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.jspecify.annotations.Nullable;

/// The list of readings is the one that a plain map gives, whatever was late, sent twice,
/// corrected,
/// taken out, brought back, sealed, merged or deleted, and at whatever moment somebody asks.
class LecturasProperties {
  private static final int SERIES = 4;
  private static final int STEPS = 60;
  private static final Instant NOW = Instant.parse("2026-03-05T12:00:00Z");
  private static final long START = 1_772_000_000_000_000L;

  @Property(tries = 8, shrinking = ShrinkingMode.OFF)
  void sqlite_lists_as_a_map_would(@ForAll long seed) {
    live(Databases.SQLITE, seed);
  }

  @Property(tries = 4, shrinking = ShrinkingMode.OFF)
  void postgresql_lists_as_a_map_would(@ForAll long seed) {
    live(Databases.POSTGRESQL, seed);
  }

  private static void live(Databases kind, long seed) {
    Path folder = temporaryFolder();
    try (Life life = new Life(kind.newUrl(folder), new Random(seed))) {
      for (int step = 0; step < STEPS; step++) {
        life.step();
        if (step % 6 == 0) {
          life.compare();
        }
      }
      life.walk();
    } finally {
      delete(folder);
    }
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("vatio-list");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) {
    try (var files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Known(long id, int series, long ts, double value, boolean gone) {}

  private static final class Life implements AutoCloseable {
    private static final Comparator<Known> ORDER =
        Comparator.comparingLong(Known::ts).thenComparingInt(Known::series);

    private final Database database;
    private final ReadingStore store;
    private final Lecturas list;
    private final Random random;
    private final Map<List<Long>, Known> model = new TreeMap<>(Life::byPlace);
    private final List<Corrected> corrections = new ArrayList<>();
    private final boolean wide;

    Life(String url, Random random) {
      this.database = Databases.open(url);
      this.random = random;
      this.wide = random.nextBoolean();
      this.store =
          switch (database.dialect()) {
            case SQLITE ->
                SqliteReadingStore.open(
                    database, new HotLimits(5, 10_000, 20), new ChunkShape(16, 4));
            case POSTGRESQL -> PostgresReadingStore.open(database, new ChunkShape(16, 4));
          };
      this.list = random.nextBoolean() ? new Lecturas(store) : new Lecturas(store, 10, 2);
    }

    private static int byPlace(List<Long> a, List<Long> b) {
      int order = Long.compare(a.get(0), b.get(0));
      return order != 0 ? order : Long.compare(a.get(1), b.get(1));
    }

    void step() {
      switch (random.nextInt(10)) {
        case 0, 1, 2, 3 -> append(1 + random.nextInt(30));
        case 4, 5 -> correct();
        case 6 -> undo();
        case 7 -> seal();
        case 8 -> append(wide ? 1 + random.nextInt(400) : 3);
        default -> {
          if (random.nextInt(4) == 0) {
            deleteSome();
          }
        }
      }
    }

    private void append(int count) {
      List<NewReading> rows = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        rows.add(
            new NewReading(
                1 + random.nextInt(SERIES),
                time(),
                random.nextInt(5) > 0,
                random.nextInt(100),
                random.nextInt(8) == 0 ? Quality.OUT_OF_RANGE.bit() : 0,
                null,
                0,
                false));
      }
      Appended appended = database.write(handle -> store.append(handle, rows));
      store.committed(appended);
      for (@Nullable Reading row : appended.rows()) {
        if (row != null) {
          model.put(
              place(row.seriesId(), row.ts()),
              new Known(row.seq(), row.seriesId(), row.ts(), row.value(), false));
        }
      }
    }

    /// Seldom far apart, often at the same moment, sometimes many in a few seconds.
    private long time() {
      return switch (random.nextInt(4)) {
        case 0 -> START + random.nextInt(5) * UtcDay.MICROS;
        case 1 -> START + random.nextInt(20) * 1_000_000L;
        case 2 -> START + (long) (random.nextDouble() * 9 * UtcDay.MICROS);
        default -> START + random.nextInt(300) * 3_600_000_000L / 10;
      };
    }

    private static List<Long> place(int series, long ts) {
      return List.of((long) series, ts);
    }

    private @Nullable Known any() {
      List<Known> all = List.copyOf(model.values());
      return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
    }

    private void correct() {
      Known known = any();
      if (known == null) {
        return;
      }
      boolean gone = random.nextBoolean();
      double value = gone ? known.value() : random.nextInt(100);
      corrections.add(
          store
              .correct(
                  new Correction(
                      known.series(),
                      known.ts(),
                      value,
                      gone ? Quality.DISCARDED.bit() : 0,
                      "r",
                      "a",
                      NOW))
              .orElseThrow());
      put(known, value, gone);
    }

    private void put(Known known, double value, boolean gone) {
      model.put(
          place(known.series(), known.ts()),
          new Known(known.id(), known.series(), known.ts(), value, gone));
    }

    private void undo() {
      if (corrections.isEmpty()) {
        return;
      }
      Corrected last = corrections.removeLast();
      Known known = model.get(place(last.seriesId(), last.ts()));
      if (known != null && store.undo(last.id(), "a", NOW).isPresent()) {
        put(known, last.oldValue(), (last.oldQuality() & Quality.DISCARDED.bit()) != 0);
      }
    }

    private void seal() {
      switch (store) {
        case SqliteReadingStore sqlite -> {
          while (sqlite.seal()) {
            // All that can be.
          }
          sqlite.merge(NOW);
        }
        case PostgresReadingStore postgres -> {
          postgres.seal(NOW.plusSeconds(60L * 86_400));
          postgres.merge(NOW.plusSeconds(60L * 86_400));
        }
        default -> throw new IllegalStateException();
      }
    }

    private void deleteSome() {
      int series = 1 + random.nextInt(SERIES);
      long before = UtcDay.start(START + random.nextInt(4) * UtcDay.MICROS);
      store.deleteBefore(series, before);
      model.values().removeIf(k -> k.series() == series && k.ts() < before);
      corrections.removeIf(c -> c.seriesId() == series && c.ts() < before);
    }

    private Lecturas.Range range() {
      int[] ids = random.ints(1, SERIES + 1).distinct().limit(1 + random.nextInt(SERIES)).toArray();
      long from = random.nextBoolean() ? Long.MIN_VALUE : time();
      long to = random.nextBoolean() ? Long.MAX_VALUE : time() + random.nextInt(2);
      return new Lecturas.Range(ids, from, to);
    }

    private List<Known> expected(Lecturas.Range range, boolean newestFirst) {
      return model.values().stream()
          .filter(k -> !k.gone() && k.ts() >= range.from() && k.ts() < range.to())
          .filter(k -> Arrays.stream(range.seriesIds()).anyMatch(id -> id == k.series()))
          .sorted(newestFirst ? ORDER.reversed() : ORDER)
          .toList();
    }

    private static List<Known> known(List<Reading> readings) {
      return readings.stream()
          .map(r -> new Known(r.seq(), r.seriesId(), r.ts(), r.value(), false))
          .toList();
    }

    void compare() {
      for (int i = 0; i < 6; i++) {
        Lecturas.Range range = range();
        boolean newestFirst = random.nextBoolean();
        List<Known> all = expected(range, newestFirst);
        assertEquals(all.size(), list.count(range), "count");
        int skip = all.isEmpty() ? 0 : random.nextInt(all.size());
        int limit = 1 + random.nextInt(60);
        assertEquals(
            all.subList(skip, Math.min(all.size(), skip + limit)),
            known(list.page(range, newestFirst, skip, limit)),
            "page at " + skip + (newestFirst ? " back" : " on"));
      }
      Known known = any();
      if (known != null) {
        Optional<Reading> found = list.findById(known.id());
        assertEquals(!known.gone(), found.isPresent(), "is there");
        found.ifPresent(r -> assertEquals(known.value(), r.value()));
      }
      assertEquals(Optional.empty(), list.findById(store.lastSeq() + 1));
    }

    /// From page to page by cursors, forwards and back, while more comes in at the newest end.
    void walk() {
      Lecturas.Range range =
          new Lecturas.Range(new int[] {1, 2, 3, 4}, Long.MIN_VALUE, Long.MAX_VALUE);
      List<Known> all = expected(range, true);
      int size = 1 + random.nextInt(40);
      List<Known> seen = new ArrayList<>(known(list.page(range, true, 0, size)));
      List<Reading> page = list.page(range, true, 0, size);
      long next = START + 400 * UtcDay.MICROS;
      while (!page.isEmpty()) {
        NewReading row = new NewReading(1, next++, true, 1, 0, null, 0, false);
        store.committed(database.write(handle -> store.append(handle, List.of(row))));
        Reading last = page.getLast();
        page = list.after(range, true, new Lecturas.Place(last.ts(), last.seriesId()), size);
        seen.addAll(known(page));
      }
      assertEquals(all, seen);
      List<Known> back = new ArrayList<>();
      if (!all.isEmpty()) {
        Known last = all.getLast();
        back.add(last);
        List<Known> more;
        do {
          Known from = back.getLast();
          more =
              known(list.after(range, false, new Lecturas.Place(from.ts(), from.series()), size));
          back.addAll(more);
        } while (!more.isEmpty());
        assertEquals(all.reversed(), back.subList(0, all.size()));
      }
    }

    @Override
    public void close() {
      store.close();
      database.close();
    }
  }
}
