package io.vatio.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class ReportTest {
  @TempDir Path folder;

  @Test
  void columns_stand_under_their_heads() {
    String text = Report.text("2 cores", rows());

    assertEquals(
        """
        2 cores

        measurement     figure  p50 ms  p95 ms  p99 ms  max ms  server CPU  load CPU  note
        mqtt: one      1 000/s    2.00    2.00    2.00    2.00        50 %     125 %  on disk
        peer: nothing   absent                                                        no mosquitto
        """,
        text);
  }

  @Test
  void json_has_plain_numbers() throws Exception {
    Path file = folder.resolve("bench.json");

    Report.write(file, "2 cores", rows());

    JsonNode first = new ObjectMapper().readTree(file.toFile()).get("rows").get(0);
    assertEquals(1000, first.get("per_s").intValue());
    assertEquals(2.0, first.get("p99_ms").doubleValue());
    assertEquals(0.5, first.get("server_cpu_cores").doubleValue());
  }

  @Test
  void an_unwritable_file_is_said() {
    BenchFailure failure =
        assertThrows(
            BenchFailure.class, () -> Report.write(folder.resolve("no/where"), "m", rows()));

    assertTrue(failure.getMessage().startsWith("cannot write"));
  }

  @Test
  void the_disk_limit_counts_what_it_did() {
    DiskLimit.Ceiling ceiling = DiskLimit.measure(folder, 4096, Duration.ofMillis(50));

    assertTrue(ceiling.perSecond() > 0);
    assertEquals(ceiling.perSecond() * 4096 / 20, ceiling.rowsPerSecond(), 1e-6);
    assertEquals(0, folder.toFile().list().length);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--only moon | --only knows disk, start, memory, mqtt, http, rest, history and peer, not moon",
        "--seconds 0 | --seconds and --warmup must be between",
        "--dir /nowhere | --dir /nowhere is not a folder",
      })
  void says_in_one_sentence_what_is_wrong(String arguments, String sentence) {
    StringWriter err = new StringWriter();
    CommandLine line = new CommandLine(new BenchCommand()).setErr(new PrintWriter(err));

    int exit = line.execute(arguments.split(" "));

    assertEquals(2, exit);
    assertTrue(err.toString().startsWith(sentence), err.toString());
  }

  private static List<Row> rows() {
    LatencyHistogram latencies = new LatencyHistogram();
    latencies.record(2_000_000);
    return List.of(
        new Row("mqtt: one", "1 000/s", latencies, 0.5, 1.25, "on disk", Map.of("per_s", 1000)),
        Row.of("peer: nothing", "absent", "no mosquitto", Map.of()));
  }
}
