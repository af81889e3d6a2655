package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import java.time.Clock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Starts simulated devices inside a program, such as the demo; the command line uses
/// [SimulateCommand].
public final class Simulators {
  private static final Logger LOG = LoggerFactory.getLogger(Simulators.class);

  private Simulators() {}

  /// Returns at once; the devices appear as soon as the server answers, and stop with `close`,
  /// which takes at most ten seconds. Problems go to the log.
  public static AutoCloseable start(Vertx vertx, SimulationTarget target, SimulationPlan plan) {
    Simulation simulation =
        new Simulation(vertx, target, plan, Clock.systemUTC(), new LoggedVoice());
    simulation.start();
    return simulation;
  }

  private static final class LoggedVoice implements Simulation.Voice {
    @Override
    public void problem(String sentence) {
      LOG.warn("simulator: {}", sentence);
    }

    @Override
    public void heard(String serial, String topic, String text) {
      LOG.info("simulator: {} heard {} {}", serial, topic, text);
    }

    @Override
    public void started(String sentence) {
      LOG.debug("simulator: {}", sentence);
    }
  }
}
