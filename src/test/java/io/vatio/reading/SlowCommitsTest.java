package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.SlowDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Whoever appends, seals and adds up on a disk so slow that each of them always finds another
/// commit under way.
@Timeout(120)
class SlowCommitsTest {
  private static final int SERIES = 20;
  private static final int APPENDS = 60;
  private static final int READINGS = 5;
  private static final long FIRST = 1_767_225_600_000_000L;

  @TempDir private Path folder;
  private final ConcurrentLinkedQueue<String> commits = new ConcurrentLinkedQueue<>();
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final AtomicBoolean appending = new AtomicBoolean(true);

  @Test
  void new_readings_have_every_third_turn_however_much_there_is_to_seal_and_to_add_up()
      throws Exception {
    SlowDatabase database = new SlowDatabase(Databases.open(Databases.SQLITE.newUrl(folder)));
    try (SqliteReadingStore store =
        SqliteReadingStore.open(database, new HotLimits(0, 100_000, 50), new ChunkShape(8, 4))) {
      List<Integer> series = IntStream.rangeClosed(1, SERIES).boxed().toList();
      Rollups rollups = Rollups.open(database, store, () -> series, _ -> ZoneOffset.UTC, clock);
      Thread appender =
          Thread.ofPlatform().name("append").unstarted(() -> append(database, store, rollups));
      Thread sealer =
          Thread.ofPlatform()
              .name("seal")
              .unstarted(
                  () ->
                      untilAppended(
                          () -> {
                            store.seal();
                            store.merge(clock.instant());
                          }));
      Thread adder =
          Thread.ofPlatform().name("roll-up").unstarted(() -> untilAppended(rollups::work));
      database.beforeCommit(
          () -> {
            commits.add(Thread.currentThread().getName());
            // Slow: over when the next append waits behind it.
            while (Thread.currentThread() != appender
                && appending.get()
                && appender.getState() != Thread.State.WAITING) {
              Thread.onSpinWait();
            }
          });

      for (Thread thread : List.of(sealer, adder, appender)) {
        thread.start();
      }
      for (Thread thread : List.of(appender, sealer, adder)) {
        thread.join();
      }

      List<String> order = List.copyOf(commits);
      order = order.subList(order.indexOf("append"), order.lastIndexOf("append") + 1);
      assertTrue(longestWait(order) <= 2, "an append let more than each other go first: " + order);
      assertTrue(
          order.contains("seal") && order.contains("roll-up"), "nobody was held up: " + order);
      clock.advance(Duration.ofSeconds(10));
      while (rollups.work() || store.seal()) {
        // Catches up.
      }
      for (int id : series) {
        assertEquals(APPENDS * READINGS / SERIES, store.count(id, Long.MIN_VALUE, Long.MAX_VALUE));
      }
      assertEquals(0, store.unsealed());
      assertEquals(0, rollups.backlog());
    } finally {
      database.close();
    }
  }

  private void append(SlowDatabase database, ReadingStore store, Rollups rollups) {
    try {
      for (int i = 0; i < APPENDS; i++) {
        List<NewReading> rows = new ArrayList<>();
        for (int k = 0; k < READINGS; k++) {
          int n = i * READINGS + k;
          rows.add(Readings.reading(n % SERIES + 1, FIRST + n * 600_000_000L, n, 0));
        }
        Appended appended = database.writeFirst(handle -> store.append(handle, rows));
        // So that the cursor of the roll-ups moves, and there is always something to seal.
        clock.advance(Duration.ofSeconds(10));
        store.committed(appended);
        rollups.heard(appended.rows().getFirst().seq(), appended.rows().getLast().seq());
      }
    } finally {
      appending.set(false);
    }
  }

  private void untilAppended(Runnable round) {
    while (appending.get()) {
      round.run();
    }
  }

  /// How many others committed between two appends, at most.
  private static int longestWait(List<String> order) {
    int longest = 0;
    int others = 0;
    for (String who : order) {
      others = who.equals("append") ? 0 : others + 1;
      longest = Math.max(longest, others);
    }
    return longest;
  }
}
