package io.vatio.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// A data folder that was written by the first version of the program: 24 000 readings of the main
/// meter, 6 000 of them settled, a pump, a turbine, a dead letter and an account.
public final class FirstVersion {
  private static final String ARCHIVE = "/upgrade/schema-1.zip";

  private FirstVersion() {}

  /// Puts it there.
  public static void unpack(Path folder) throws IOException {
    try (InputStream in = Objects.requireNonNull(FirstVersion.class.getResourceAsStream(ARCHIVE));
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = folder.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else {
          Files.createDirectories(file.getParent());
          Files.copy(zip, file);
        }
      }
    }
  }

  /// The consumption of its main meter, in order of time.
  public static List<Double> values() {
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 24_000; i++) {
      values.add(Math.round((0.3 + i / 60 % 24 * 0.1) * 10) / 10.0);
    }
    return values;
  }
}
