package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `vatio simulate`: simulated devices against any server, until Ctrl-C.
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Simulated devices against any server, also a remote one, until Ctrl-C.",
      "",
      "home     the main meter (energy/consumption), thermometers and smart plugs",
      "office   lighting, air conditioning, servers and UPS",
      "wind     turbines under one wind, some records erroneous on purpose",
      "device   generic devices that also log configuration and commands",
      "",
      "With a person's account the devices are created and get fresh credentials (an earlier"
          + " credential of the same serial stops working). A user device_<serial> is used as it"
          + " is. Without --user the devices are anonymous."
    })
public final class SimulateCommand implements Callable<Integer> {
  private static final Duration STATUS_EVERY = Duration.ofSeconds(10);
  private static final List<Logger> LIBRARIES =
      List.of(Logger.getLogger("io.vertx"), Logger.getLogger("io.netty"));
  private static final int PLAIN_PORT = 1883;
  private static final int TLS_PORT = 8883;

  @Spec private @Nullable CommandSpec spec;

  @Parameters(index = "0", paramLabel = "home|office|wind|device", description = "What to simulate")
  private String scenario = "";

  @Option(names = "--url", paramLabel = "URL", description = "HTTP API (${DEFAULT-VALUE})")
  private String url = "http://localhost:8000";

  @Option(
      names = "--mqtt",
      paramLabel = "HOST:PORT",
      description = "Broker (the host of --url, port 1883, or 8883 with --tls)")
  private @Nullable String mqtt;

  @Option(names = "--user", paramLabel = "U", description = "Account, or device_<serial>")
  private @Nullable String user;

  @Option(
      names = "--password",
      paramLabel = "P",
      arity = "0..1",
      interactive = true,
      description = "Its password; asked for when the option has no value")
  private @Nullable String password;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      description = "Between two messages of a device (${DEFAULT-VALUE})")
  private double interval = 5;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Devices (home 1 pair, office 8, wind 10, device 10)")
  private @Nullable Integer count;

  @Option(names = "--generators", paramLabel = "N", description = "wind: turbines (10)")
  private @Nullable Integer generators;

  @Option(
      names = "--error-rate",
      paramLabel = "0..1",
      description = "wind: probability of an erroneous record (${DEFAULT-VALUE})")
  private double errorRate = 0.1;

  @Option(names = "--http", description = "wind: all by HTTP (half by HTTP, half by MQTT)")
  private boolean http;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Same seed, same data (${DEFAULT-VALUE})")
  private long seed = 1;

  @Option(names = "--tls", description = "MQTT over TLS")
  private boolean tls;

  @Option(names = "--ca", paramLabel = "FILE", description = "PEM of the authority to trust")
  private @Nullable Path authority;

  @Override
  public Integer call() throws InterruptedException {
    SimulationTarget target;
    SimulationPlan plan;
    try {
      target = target();
      plan = plan();
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()));
    }
    // The libraries log each broken connection with its stack; the links say it in one sentence.
    LIBRARIES.forEach(library -> library.setLevel(Level.OFF));
    PrintWriter out = requireSpec().commandLine().getOut();
    PrintWriter err = requireSpec().commandLine().getErr();
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
    Simulation simulation =
        new Simulation(vertx, target, plan, Clock.systemUTC(), new PrintedVoice(out, err));
    Thread ctrlC = new Thread(() -> stop(simulation, out), "vatio-simulate-stop");
    Runtime.getRuntime().addShutdownHook(ctrlC);
    simulation.start();
    while (!simulation.awaitEnd(STATUS_EVERY)) {
      say(out, simulation.count().line());
    }
    simulation.close();
    vertx.close();
    return simulation.hasFailed() ? 1 : 0;
  }

  private static void stop(Simulation simulation, PrintWriter out) {
    if (!simulation.hasFailed()) {
      simulation.close();
      say(out, simulation.count().line() + "; stopped");
    }
  }

  private SimulationTarget target() {
    URI base = URI.create(url);
    String host = base.getHost() == null ? "localhost" : base.getHost();
    int port = tls ? TLS_PORT : PLAIN_PORT;
    if (mqtt != null) {
      int colon = mqtt.lastIndexOf(':');
      if (colon < 1 || !mqtt.substring(colon + 1).matches("\\d{1,5}")) {
        throw new IllegalArgumentException("--mqtt must look like localhost:1883, not " + mqtt);
      }
      host = mqtt.substring(0, colon);
      port = Integer.parseInt(mqtt.substring(colon + 1));
    }
    if (authority != null && !Files.isReadable(authority)) {
      throw new IllegalArgumentException("the file " + authority + " of --ca cannot be read");
    }
    return new SimulationTarget(
        base, host.replaceAll("^\\[|]$", ""), port, tls, authority, user, password);
  }

  private SimulationPlan plan() {
    Scenario wanted;
    try {
      wanted = Scenario.valueOf(scenario.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException(
          "simulate home, office, wind or device, not " + Heard.text(scenario));
    }
    SimulationPlan plan =
        SimulationPlan.of(wanted)
            .every(Duration.ofMillis(Math.round(interval * 1000)))
            .withLuck(seed, errorRate);
    Integer number = wanted == Scenario.WIND && generators != null ? generators : count;
    plan = number == null ? plan : plan.withCount(number);
    return http ? plan.by(Delivery.HTTP) : plan;
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

  private static void say(PrintWriter writer, String line) {
    writer.println(line);
    writer.flush();
  }

  private record PrintedVoice(PrintWriter out, PrintWriter err) implements Simulation.Voice {
    @Override
    public void problem(String sentence) {
      say(err, sentence);
    }

    @Override
    public void heard(String serial, String topic, String text) {
      say(out, serial + " heard " + topic + " " + text);
    }

    @Override
    public void started(String sentence) {
      say(out, sentence);
    }
  }
}
