package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolLogTest {
  @TempDir Path folder;

  @Test
  void gives_back_what_was_written_in_order_also_after_a_restart() throws IOException {
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      log.append(frames(1, 5));
      log.append(frames(6, 3));
      assertEquals(texts(1, 8), texts(log.read(1, 100, Long.MAX_VALUE)));
      assertEquals(texts(4, 2), texts(log.read(4, 2, Long.MAX_VALUE)));
    }
    try (SpoolLog log = SpoolLog.open(folder, 3)) {
      assertEquals(9, log.next());
      log.append(frames(9, 1));
      assertEquals(texts(4, 6), texts(log.read(4, 100, Long.MAX_VALUE)));
    }
  }

  @Test
  void numbers_go_on_when_everything_was_taken() throws IOException {
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      log.append(frames(1, 5));
      log.release(5);
      assertEquals(0, log.bytes());
      log.append(frames(6, 1));
      assertEquals(texts(6, 1), texts(log.read(6, 10, Long.MAX_VALUE)));
    }
    try (SpoolLog log = SpoolLog.open(folder, 6)) {
      assertEquals(7, log.next());
      assertEquals(0, files().size());
    }
  }

  @Test
  void a_tail_at_any_byte_is_cut_and_the_rest_stays() throws IOException {
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      log.append(frames(1, 4));
    }
    Path file = files().getFirst();
    byte[] whole = Files.readAllBytes(file);
    int frame = whole.length / 4;
    for (int length = 0; length <= whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      try (SpoolLog log = SpoolLog.open(folder, 0)) {
        int kept = length / frame;
        assertEquals(kept + 1, log.next(), "of " + length + " bytes");
        assertEquals(texts(1, kept), texts(log.read(1, 100, Long.MAX_VALUE)));
        log.append(frames(kept + 1, 1));
        assertEquals(texts(1, kept + 1), texts(log.read(1, 100, Long.MAX_VALUE)));
      }
    }
  }

  @Test
  void a_tail_of_zeros_is_cut() throws IOException {
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      log.append(frames(1, 2));
    }
    try (RandomAccessFile file = new RandomAccessFile(files().getFirst().toFile(), "rw")) {
      file.setLength(file.length() + 4_096);
    }
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      assertEquals(texts(1, 2), texts(log.read(1, 100, Long.MAX_VALUE)));
      assertEquals(3, log.next());
    }
  }

  @Test
  void a_damaged_frame_is_told_and_harms_no_other() throws IOException {
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      log.append(frames(1, 4));
    }
    Path file = files().getFirst();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 4 + SpoolLog.HEADER + 1] ^= 1;
    Files.write(file, bytes);

    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      List<SpoolLog.Frame> read = log.read(1, 100, Long.MAX_VALUE);
      assertEquals(4, read.size());
      assertFalse(read.get(1).sound());
      assertEquals(2, read.get(1).number());
      assertTrue(read.get(0).sound() && read.get(2).sound() && read.get(3).sound());
    }
  }

  @Test
  void a_long_log_lies_in_files_that_go_one_by_one() throws IOException {
    byte[] large = new byte[1 << 20];
    try (SpoolLog log = SpoolLog.open(folder, 0)) {
      for (int i = 0; i < 40; i++) {
        log.append(List.of(large));
      }
      assertEquals(3, files().size());
      long before = log.bytes();
      log.release(20);
      assertEquals(2, files().size());
      assertTrue(log.bytes() < before);
      assertEquals(21, log.read(21, 1, Long.MAX_VALUE).getFirst().number());
      assertEquals(20, log.read(21, 100, Long.MAX_VALUE).size());
    }
    try (SpoolLog log = SpoolLog.open(folder, 30)) {
      assertEquals(31, log.read(31, 1, Long.MAX_VALUE).getFirst().number());
      assertEquals(41, log.next());
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.sorted().toList();
    }
  }

  private static List<byte[]> frames(int first, int count) {
    return texts(first, count).stream().map(t -> t.getBytes(StandardCharsets.UTF_8)).toList();
  }

  private static List<String> texts(int first, int count) {
    List<String> texts = new ArrayList<>();
    for (int i = first; i < first + count; i++) {
      texts.add("message %05d".formatted(i));
    }
    return texts;
  }

  private static List<String> texts(List<SpoolLog.Frame> frames) {
    return frames.stream().map(f -> new String(f.bytes(), StandardCharsets.UTF_8)).toList();
  }
}
