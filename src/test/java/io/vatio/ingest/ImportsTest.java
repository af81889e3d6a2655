package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.testing.Core;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files of readings: what interrupts them, and what they may not do.
class ImportsTest {
  private static final ImportOptions OPTIONS =
      new ImportOptions("cuarto", "temp_c", Core.MADRID, true, 0, Reach.ALL);

  @TempDir private Path folder;

  @Test
  void an_import_that_was_interrupted_in_the_hour_that_comes_twice_goes_on_in_its_second_time()
      throws Exception {
    Path file = folder.resolve("night.csv");
    List<String> lines = new ArrayList<>(List.of("fecha;valor"));
    for (int pass = 0; pass < 2; pass++) {
      LocalDateTime at = LocalDateTime.parse("2026-10-25T02:00:00");
      for (int i = 0; i < 3_600; i++) {
        lines.add(at.plusSeconds(i) + (i % 60 == 0 ? ":00" : "") + ";20,5");
      }
    }
    Files.write(file, lines);
    try (Core core = Core.start("sqlite:" + folder.resolve("vatio.db"), Clock.systemUTC())) {
      ImportStore store = new ImportStore(core.database, core.clock);
      long id = store.create("", "ana", OPTIONS, Files.size(file), _ -> {});
      AtomicInteger asked = new AtomicInteger();

      ImportJob first = run(core, store, file, id, _ -> asked.incrementAndGet() < 5_000);
      ImportJob second = run(core, store, file, id, _ -> true);

      assertEquals(ImportJob.State.RUNNING, first.state());
      assertEquals(ImportJob.State.DONE, second.state());
      assertEquals(0, second.rejected(), second.errors().toString());
      // What was sent and not yet noted counts as there already; nothing else does.
      assertTrue(second.duplicates() <= 1_000, "duplicates: " + second.duplicates());
      int series =
          core.catalogue
              .find(core.devices.findBySerial("cuarto").orElseThrow().id(), "temp_c")
              .orElseThrow()
              .id();
      assertEquals(7_200, core.readings.count(series, Long.MIN_VALUE, Long.MAX_VALUE));
    }
  }

  @Test
  void a_file_of_nothing_but_faults_says_how_far_it_is_and_keeps_the_first_hundred()
      throws Exception {
    Path file = folder.resolve("faults.csv");
    List<String> lines = new ArrayList<>(List.of("timestamp,valor"));
    for (int i = 0; i < 100_000; i++) {
      lines.add(i % 2 == 0 ? "007,x" : "-0,\"=1+1\"\"\"");
    }
    Files.write(file, lines);
    try (Core core = Core.start("sqlite:" + folder.resolve("vatio.db"), Clock.systemUTC())) {
      ImportStore store = new ImportStore(core.database, core.clock);
      long id = store.create("", "ana", OPTIONS, Files.size(file), _ -> {});
      AtomicInteger said = new AtomicInteger();

      ImportJob done =
          new ImportRun(
                  core.inbox, core.devices, core.messages, core.clock, store.find(id).orElseThrow())
              .run(file, _ -> said.incrementAndGet(), _ -> true);

      assertEquals(ImportJob.State.DONE, done.state());
      assertEquals(100_000, done.rejected());
      assertEquals(100, done.errors().size());
      assertTrue(said.get() >= 5, "said " + said);
    }
  }

  private static ImportJob run(
      Core core, ImportStore store, Path file, long id, Predicate<Duration> goOn) throws Exception {
    return new ImportRun(
            core.inbox, core.devices, core.messages, core.clock, store.find(id).orElseThrow())
        .run(file, store::save, goOn);
  }

  @Test
  void an_import_without_its_file_is_none() throws Exception {
    try (Core core = Core.start("sqlite:" + folder.resolve("vatio.db"), Clock.systemUTC())) {
      ImportStore store = new ImportStore(core.database, core.clock);

      assertThrows(
          IOException.class,
          () ->
              store.create(
                  "",
                  "ana",
                  OPTIONS,
                  1,
                  _ -> {
                    throw new IOException("no room");
                  }));

      assertEquals(List.of(), store.open());
    }
  }

  @Test
  void uploads_leave_room_on_the_disk_and_take_no_more_places_than_there_are() throws Exception {
    Files.writeString(folder.resolve("left.part"), "cut off");
    ImportFolder files = new ImportFolder(folder, _ -> ImportFolder.RESERVE + 100);

    assertFalse(Files.exists(folder.resolve("left.part")));
    assertEquals(
        Duration.ofMinutes(10),
        assertThrows(Problem.Unavailable.class, () -> files.newUpload(101, 20)).retryAfter());
    Path one = files.newUpload(60, 2);
    assertThrows(Problem.Unavailable.class, () -> files.newUpload(60, 2));
    Path two = files.newUpload(40, 2);
    assertThrows(Problem.Conflict.class, () -> files.newUpload(0, 2));
    files.ended(one);
    Path three = files.newUpload(60, 2);

    Files.writeString(two, "new");
    Files.writeString(files.file(7), "of an import that was never told");
    files.keep(two, 7);
    Files.writeString(files.file(8), "over");
    files.removeAllBut(Set.of(files.file(7)));
    assertEquals("new", Files.readString(files.file(7)));
    assertFalse(Files.exists(files.file(8)));
    assertFalse(Files.exists(three), "made by whoever writes it");
  }
}
