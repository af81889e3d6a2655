package io.vatio.account;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyFileTest {
  @TempDir Path folder;

  @Test
  void makes_a_key_that_only_the_owner_can_read_and_keeps_it() throws IOException {
    Path file = folder.resolve("keys").resolve("jwt.key");

    byte[] made = KeyFile.open(file);

    assertEquals(32, made.length);
    assertArrayEquals(made, KeyFile.open(file));
    assertEquals(PosixFilePermissions.fromString("rw-------"), Files.getPosixFilePermissions(file));
    assertEquals(
        PosixFilePermissions.fromString("rwx------"),
        Files.getPosixFilePermissions(folder.resolve("keys")));
    try (var files = Files.list(folder.resolve("keys"))) {
      assertEquals(List.of(file), files.toList());
    }
  }

  @Test
  void many_at_once_get_the_same_key() {
    Path file = folder.resolve("jwt.key");

    Set<String> keys;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      keys =
          IntStream.range(0, 20)
              .mapToObj(_ -> CompletableFuture.supplyAsync(() -> KeyFile.open(file), threads))
              .toList()
              .stream()
              .map(key -> HexFormat.of().formatHex(key.join()))
              .collect(Collectors.toSet());
    }

    assertEquals(1, keys.size());
  }

  @Test
  void refuses_a_damaged_key_with_advice() throws IOException {
    Path file = folder.resolve("jwt.key");
    Files.write(file, new byte[7]);

    IllegalStateException refused =
        assertThrows(IllegalStateException.class, () -> KeyFile.open(file));
    assertTrue(String.valueOf(refused.getMessage()).contains("has 7 bytes instead of 32"));
    assertEquals(7, Files.size(file));
  }
}
