package io.vatio.bench;

import io.vatio.bench.Bench.Part;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `vatio bench`: measures a server of this program on this machine and prints one table.
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Measures this program on this machine and prints one table; takes about 4 minutes.")
public final class BenchCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Measured time of each load (${DEFAULT-VALUE})")
  private int seconds = 20;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description = "Time before each load that does not count (${DEFAULT-VALUE})")
  private int warmup = 5;

  @Option(
      names = "--only",
      paramLabel = "NAME",
      split = ",",
      description = "disk, start, memory, mqtt, http, rest, history, peer (all but rest, history)")
  private @Nullable List<String> only;

  @Option(
      names = "--history",
      paramLabel = "N",
      description = "Millions of readings that the part history takes in (${DEFAULT-VALUE})")
  private int history = 50;

  @Option(
      names = "--database-url",
      paramLabel = "URL",
      description = "Measure on this PostgreSQL; the readings stay there")
  private @Nullable String databaseUrl;

  @Option(
      names = "--dir",
      paramLabel = "FOLDER",
      description = "Where data is written, on the disk to measure (the temporary folder)")
  private @Nullable Path dir;

  @Option(names = "--json", paramLabel = "FILE", description = "Also write the table as JSON")
  private @Nullable Path json;

  @Override
  public Integer call() throws IOException {
    if (seconds < 1 || seconds > 3600 || warmup < 0 || warmup > 3600) {
      throw wrong("--seconds and --warmup must be between 1 (warm-up 0) and 3600");
    }
    if (history < 1 || history > 1_000) {
      throw wrong("--history must be between 1 and 1000 million");
    }
    Set<Part> parts = parts();
    PrintWriter out = requireSpec().commandLine().getOut();
    PrintWriter err = requireSpec().commandLine().getErr();
    Path folder = Files.createTempDirectory(parent(), "vatio-bench-").toAbsolutePath();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(folder), "vatio-bench-tidy"));
    Bench bench =
        new Bench(
            folder,
            Duration.ofSeconds(warmup),
            Duration.ofSeconds(seconds),
            databaseUrl,
            history * 1_000_000L,
            Clock.systemUTC(),
            what -> {
              err.println("measuring " + what);
              err.flush();
            });
    String machine = Machine.describe(folder) + (databaseUrl == null ? ", SQLite" : ", PostgreSQL");
    List<Row> rows = bench.run(parts);
    out.print(Report.text(machine, rows));
    out.flush();
    if (json != null) {
      Report.write(json, machine, rows);
    }
    return rows.stream().anyMatch(row -> row.values().containsKey("failed")) ? 1 : 0;
  }

  private Set<Part> parts() {
    if (only == null) {
      return EnumSet.complementOf(EnumSet.of(Part.REST, Part.HISTORY));
    }
    Set<Part> parts = EnumSet.noneOf(Part.class);
    for (String name : only) {
      try {
        parts.add(Part.valueOf(name.strip().toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException _) {
        throw wrong(
            "--only knows disk, start, memory, mqtt, http, rest, history and peer, not " + name);
      }
    }
    return parts;
  }

  /// A temporary folder in memory would make the disk look infinite, so then the working folder.
  private Path parent() {
    if (dir != null) {
      if (!Files.isDirectory(dir)) {
        throw wrong("--dir " + dir + " is not a folder");
      }
      return dir;
    }
    Path temporary = Path.of(System.getProperty("java.io.tmpdir", "."));
    return Machine.isInMemory(temporary) ? Path.of("").toAbsolutePath() : temporary;
  }

  private ParameterException wrong(String sentence) {
    return new ParameterException(requireSpec().commandLine(), sentence);
  }

  private CommandSpec requireSpec() {
    if (spec == null) {
      throw new IllegalStateException("picocli fills this in");
    }
    return spec;
  }

  /// Runs when this process ends, maybe while a server being destroyed still writes: so it tries
  /// again for two seconds.
  private static void remove(Path folder) {
    long limit = System.nanoTime() + Duration.ofSeconds(2).toNanos();
    while (Files.exists(folder) && System.nanoTime() < limit) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException _) {
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
    }
  }
}
