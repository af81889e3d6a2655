package io.vatio.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vatio.testing.RawMqtt;
import io.vatio.testing.ServerProcess;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The page in a real Chromium. The stories themselves are in `web/e2e`; each says in plain
/// sentences what it saw.
@Tag("browser")
class PageStory {
  private static final Path WEB = Path.of("web").toAbsolutePath();
  private static final String TOPIC = "energy/consumption";

  @TempDir Path folder;

  @BeforeEach
  void browser_is_here() {
    assumeTrue(
        hasChromium(),
        "No Chromium was found, so the page is not tried: set CHROMIUM to its path.");
    assumeTrue(onPath("node"), "No Node was found, so the page is not tried.");
    assumeTrue(
        Files.isDirectory(WEB.resolve("node_modules/playwright-core"))
            && getClass().getResource("/web/index.html") != null,
        "The page was not built (-DskipWeb), so it is not tried.");
  }

  @Test
  void shows_a_value_published_a_moment_before_and_asks_no_other_host() throws Exception {
    try (ServerProcess server = ServerProcess.start(folder, Map.of(), List.of());
        RawMqtt meter =
            RawMqtt.connect(
                server.mqttPort(), "meter", ServerProcess.ADMIN, ServerProcess.PASSWORD)) {
      for (int i = 1; i <= 5; i++) {
        publish(meter, i, "0.4" + i);
      }

      Outcome outcome =
          play(
              "e2e/page-story.mjs",
              Map.of(
                  "VATIO_URL",
                  server.url(),
                  "VATIO_USER",
                  ServerProcess.ADMIN,
                  "VATIO_PASSWORD",
                  ServerProcess.PASSWORD,
                  "VATIO_EXPECT_KW",
                  "7.31"),
              () -> publish(meter, 6, "7.31"));

      assertEquals(0, outcome.exitCode(), () -> outcome.said() + "\n" + server.output());
    }
  }

  @Test
  void survives_bad_days() throws Exception {
    Outcome outcome = play("e2e/self-test.mjs", Map.of(), () -> {});

    assertEquals(0, outcome.exitCode(), outcome::said);
  }

  private record Outcome(int exitCode, String said) {}

  private interface Step {
    void run() throws IOException;
  }

  /// Runs a story to its end.
  ///
  /// @param whenReady done when the story prints READY
  private static Outcome play(String story, Map<String, String> environment, Step whenReady)
      throws Exception {
    ProcessBuilder builder = new ProcessBuilder("node", story).directory(WEB.toFile());
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    Process process = builder.start();
    try {
      StringBuilder said = new StringBuilder();
      process.getOutputStream().close();
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          said.append(line).append('\n');
          if (line.equals("READY")) {
            whenReady.run();
          }
        }
      }
      boolean ended = process.waitFor(10, TimeUnit.SECONDS);
      return new Outcome(ended ? process.exitValue() : -1, said.toString());
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static void publish(RawMqtt meter, int packetId, String kilowatts) throws IOException {
    meter.publish(TOPIC, packetId, false, kilowatts.getBytes(StandardCharsets.UTF_8));
    meter.flush();
    assertEquals(packetId, meter.readAck());
  }

  private static boolean hasChromium() {
    List<String> places = new ArrayList<>();
    places.add(Objects.requireNonNullElse(System.getenv("CHROMIUM"), ""));
    places.addAll(
        List.of("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"));
    return places.stream().anyMatch(place -> !place.isEmpty() && Files.exists(Path.of(place)));
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
