package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceRegistry;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vatio.testing.Databases;
import io.vatio.testing.JavaCommand;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Kill -9 at random moments of commit, sealing, merging and adding up, again and again over the
/// same
/// data: what was acknowledged is there, each once, and every total equals a recount.
class TortureStory {
  /// On each database; for a night of it: `./mvnw -Dtest=TortureStory -Dvatio.kill-rounds=5000
  /// test`.
  private static final int ROUNDS = Integer.getInteger("vatio.kill-rounds", 50);

  private static final int PER_ROUND = 100_000;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(Databases.class)
  void whatever_is_being_done_when_it_dies_nothing_is_lost_and_nothing_counts_twice(Databases kind)
      throws Exception {
    String url =
        kind == Databases.SQLITE ? "sqlite:" + folder.resolve("vatio.db") : kind.newUrl(folder);
    Random random = new Random(20_261_121);
    BitSet acknowledged = new BitSet();
    int next = 1;
    int killed = 0;

    for (int round = 0; round < ROUNDS; round++) {
      int patience = 20 + random.nextInt(900);
      // What was not acknowledged is sent again, as a device would.
      int first = acknowledged.nextClearBit(1);
      next = Math.max(next, first);
      Process worker = start(url, first, first + PER_ROUND);
      try (BufferedReader out =
          new BufferedReader(
              new InputStreamReader(worker.getInputStream(), StandardCharsets.US_ASCII))) {
        String line = out.readLine();
        while (line != null && !line.equals("open")) {
          line = out.readLine();
        }
        assertEquals("open", line, "the worker could not open what was left in round " + round);
        Thread killer = Thread.ofPlatform().start(() -> kill(worker, patience));
        while ((line = out.readLine()) != null) {
          if (line.endsWith(".")) {
            acknowledged.set(Integer.parseInt(line.substring(0, line.length() - 1)));
          }
        }
        killer.join();
        killed++;
      }
    }
    int last = acknowledged.length();
    finish(url, acknowledged, last);

    assertEquals(ROUNDS, killed);
    assertTrue(last > ROUNDS * 100, "only " + last + " readings in all");
    compare(url, last);
  }

  private static void kill(Process worker, int afterMs) {
    try {
      worker.waitFor(afterMs, TimeUnit.MILLISECONDS);
      // Not the process itself: that would close the stream with what it said last.
      worker.toHandle().destroyForcibly();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void finish(String url, BitSet acknowledged, int last) throws Exception {
    Process worker = start(url, acknowledged.nextClearBit(1), last);
    boolean done = false;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(worker.getInputStream(), StandardCharsets.US_ASCII))) {
      String line;
      while ((line = out.readLine()) != null) {
        done |= line.equals("done");
      }
    }
    assertTrue(done, "the last round did not end by itself");
  }

  private static void compare(String url, int last) {
    try (Database database = Databases.open(url)) {
      AuditLog audit = new AuditLog(database, Clock.systemUTC());
      var devices = DeviceRegistry.open(database, new Events(), Clock.systemUTC(), 1, audit);
      var catalogue = SeriesCatalogue.open(database, Clock.systemUTC(), audit);
      ReadingStore readings = ReadingStore.open(database);
      long device = devices.findBySerial("TORTURE").orElseThrow().id();
      BitSet stored = new BitSet();
      List<String> wrong = new ArrayList<>();
      for (int s = 0; s < TortureWorker.SERIES; s++) {
        Series series = catalogue.find(device, "s" + s).orElseThrow();
        long[] count = {0};
        double[] sum = {0};
        readings.scan(
            series.id(),
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            reading -> {
              count[0]++;
              sum[0] += reading.value();
              int number = (int) reading.value();
              if (stored.get(number)) {
                wrong.add("twice " + number);
              }
              stored.set(number);
              if (reading.ts() != TortureWorker.timeOf(number).toEpochMilli() * 1_000) {
                wrong.add("another time " + number);
              }
            });
        if (readings.count(series.id(), Long.MIN_VALUE, Long.MAX_VALUE) != count[0]) {
          wrong.add("count of s" + s);
        }
        String totals = totals(database, series.id());
        if (!totals.equals("%d readings, sum %.0f".formatted(count[0], sum[0]))) {
          wrong.add("roll-ups of s%d: %s, not %d, %.0f".formatted(s, totals, count[0], sum[0]));
        }
      }
      for (int number = 1; number < last; number++) {
        if (!stored.get(number)) {
          wrong.add("lost " + number);
        }
      }
      assertEquals(List.of(), wrong.size() > 20 ? wrong.subList(0, 20) : wrong);
    }
  }

  /// What the hours add up to.
  private static String totals(Database database, int series) {
    return database.read(
        handle ->
            handle
                .createQuery("SELECT sum(count), sum(sum) FROM rollup_hour WHERE series_id = ?")
                .bind(0, series)
                .map(
                    (row, _) -> "%d readings, sum %.0f".formatted(row.getLong(1), row.getDouble(2)))
                .one());
  }

  private static Process start(String url, int first, int end) throws IOException {
    return new ProcessBuilder(
            JavaCommand.line(
                256,
                TortureWorker.class.getName(),
                url,
                Integer.toString(first),
                Integer.toString(end)))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }
}
