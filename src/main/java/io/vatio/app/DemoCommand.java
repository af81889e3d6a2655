package io.vatio.app;

import io.vatio.account.AccountSettings;
import io.vatio.protocol.simulator.Scenario;
import io.vatio.protocol.simulator.SimulationPlan;
import io.vatio.protocol.simulator.SimulationTarget;
import io.vatio.protocol.simulator.Simulators;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/// `vatio demo`: everything in one process with simulated devices, on loopback only.
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts everything with simulated devices: a home, an office, a ten-turbine wind farm.",
      "The data folder is thrown away afterwards. Log in as admin / admin123. Loopback only."
    })
final class DemoCommand implements Callable<Integer> {
  @Unmatched private List<String> flags = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    Path folder = Files.createTempDirectory("vatio-demo");
    try {
      Settings settings = SettingsReader.demo(flags, System.getenv(), Path.of(""), folder);
      LogFormat.install(settings.jsonLogs());
      Server server = Server.start(settings, Clock.systemUTC());
      Greeting.print(settings, server);
      Vertx vertx = Vertx.vertx();
      List<AutoCloseable> parts = new ArrayList<>(simulate(vertx, server, settings.accounts()));
      parts.add(() -> vertx.close());
      parts.add(server);
      parts.add(() -> delete(folder));
      return Life.untilTerminated(parts);
    } catch (StartFailure e) {
      delete(folder);
      throw e;
    }
  }

  /// Real clients over the real ports, as a user would start them.
  private static List<AutoCloseable> simulate(Vertx vertx, Server server, AccountSettings account) {
    SimulationTarget target =
        SimulationTarget.local(
            server.httpPort(),
            server.mqttPort(),
            account.adminUser(),
            String.valueOf(account.adminPassword()));
    return Stream.of(
            SimulationPlan.of(Scenario.HOME).every(Duration.ofSeconds(1)),
            SimulationPlan.of(Scenario.OFFICE).every(Duration.ofSeconds(2)),
            SimulationPlan.of(Scenario.WIND).every(Duration.ofSeconds(2)))
        .map(plan -> Simulators.start(vertx, target, plan))
        .toList();
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
