package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.protocol.simulator.FakeBroker.Published;
import io.vatio.testing.ServerProcess;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SimulationTest {
  private final Vertx vertx = Vertx.vertx();
  private final FakeServer server = new FakeServer(vertx);
  private final FakeBroker broker = new FakeBroker(vertx);
  private final Ear ear = new Ear();

  @AfterEach
  void end() {
    broker.close();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void creates_devices_and_lets_each_speak_with_its_own_credential() throws Exception {
    server.devices.put("medidor-principal", 77L);

    try (Simulation _ = start(home(), "admin", "secret")) {
      Map<String, String> users = new java.util.HashMap<>();
      while (users.size() < 3) {
        Published message = broker.next();
        users.put(message.topic(), message.user());
      }

      assertEquals(
          Map.of(
              "energy/consumption", "device_medidor-principal",
              "dispositivos/SIM-TMP-01/estado", "device_SIM-TMP-01",
              "dispositivos/SIM-PLG-01/estado", "device_SIM-PLG-01"),
          users);
    }
    assertEquals(Set.of("medidor-principal", "SIM-TMP-01", "SIM-PLG-01"), server.devices.keySet());
    assertTrue(server.calls.contains("POST /api/devices/77/credentials/"));
  }

  @Test
  void half_of_the_turbines_post_and_half_publish() throws Exception {
    Set<String> seen = new HashSet<>();

    try (Simulation _ = start(wind(4), "admin", "secret")) {
      while (seen.size() < 4) {
        FakeServer.Posted posted = server.posted.poll(10, TimeUnit.MILLISECONDS);
        if (posted != null) {
          assertEquals("device_GEN-" + posted.body().getInteger("id"), posted.user());
          seen.add("http " + posted.body().getInteger("id"));
        }
        Published published = broker.published.poll(10, TimeUnit.MILLISECONDS);
        if (published != null) {
          seen.add("mqtt " + published.topic());
        }
      }
    }

    assertEquals(
        Set.of("http 1", "http 3", "mqtt parque/demo/generador/2", "mqtt parque/demo/generador/4"),
        seen);
  }

  @Test
  void comes_back_after_the_broker_was_lost_and_loses_nothing() throws Exception {
    try (Simulation simulation = start(home(), null, null)) {
      broker.next();

      broker.silent = true;
      broker.next();
      broker.dropEverybody();
      broker.silent = false;

      while (simulation.count().reconnects() < 3) {
        broker.next();
      }
      simulation.close();
      Tally.Count count = simulation.count();
      assertEquals(count.produced(), count.acknowledged());
      assertEquals(0, count.dropped());
    }
  }

  @Test
  void a_refused_message_is_counted_and_said() throws Exception {
    broker.pubackCode = 0x87;

    try (Simulation simulation = start(home(), null, null)) {
      assertTrue(ear.nextProblem().contains("NOT_AUTHORIZED"));
      assertFalse(simulation.hasFailed());
      broker.next();
    }
  }

  @Test
  void a_busy_broker_gets_the_message_again() throws Exception {
    broker.pubackCode = 0x97;

    try (Simulation simulation = start(home(), null, null)) {
      Published first = broker.next();
      broker.pubackCode = 0;
      while (simulation.count().acknowledged() == 0) {
        broker.next();
      }
      assertEquals(0, simulation.count().refused());
      assertTrue(first.topic().startsWith("energy"));
    }
  }

  @Test
  void a_refused_credential_ends_the_simulation_with_a_sentence() throws Exception {
    broker.connackCode = 0x86;

    try (Simulation simulation = start(device(), "device_pump-1", "old")) {
      assertTrue(simulation.awaitEnd(Duration.ofSeconds(20)));

      assertTrue(simulation.hasFailed());
      assertTrue(ear.nextProblem().contains("refuses the credential of pump-1"));
    }
  }

  @Test
  void a_broker_without_anonymous_devices_ends_the_simulation_with_a_sentence() throws Exception {
    broker.connackCode = 0x87;

    try (Simulation simulation = start(home(), null, null)) {
      assertTrue(simulation.awaitEnd(Duration.ofSeconds(20)));

      assertTrue(simulation.hasFailed());
      assertTrue(ear.nextProblem().contains("lets no device in without a credential"));
      assertEquals(0, ear.problems.size());
    }
  }

  @Test
  void a_wrong_password_ends_the_simulation_with_a_sentence() throws Exception {
    try (Simulation simulation = start(home(), "admin", "wrong")) {
      assertTrue(simulation.awaitEnd(Duration.ofSeconds(20)));

      assertTrue(simulation.hasFailed());
      assertEquals(
          "The server refuses user admin or the password; check --user and --password.",
          ear.nextProblem());
    }
  }

  @Test
  void an_unreachable_server_is_tried_again() throws Exception {
    int nobody = ServerProcess.freePort();
    SimulationTarget target =
        new SimulationTarget(
            URI.create("http://127.0.0.1:" + nobody),
            "127.0.0.1",
            broker.port(),
            false,
            null,
            "admin",
            "secret");
    try (Simulation simulation = new Simulation(vertx, target, home(), Clock.systemUTC(), ear)) {
      simulation.start();

      assertTrue(ear.nextProblem().contains("is not reachable"));
      assertFalse(simulation.hasFailed());
    }
  }

  @Test
  void a_server_that_is_busy_gets_the_record_again() throws Exception {
    server.answersBusy.set(1);

    try (Simulation simulation = start(wind(1), null, null)) {
      FakeServer.Posted posted = server.next();
      assertEquals(1, posted.body().getInteger("id"));
      assertTrue(ear.nextProblem().contains("is busy (status 503)"));
      simulation.close();
      assertEquals(simulation.count().produced(), simulation.count().acknowledged());
      assertEquals(1, simulation.count().reconnects());
    }
  }

  @Test
  void a_generic_device_logs_what_it_hears() throws Exception {
    try (Simulation _ = start(device(), "device_pump-1", "p")) {
      Set<String> topics = new HashSet<>();
      while (topics.size() < 2) {
        topics.add(broker.subscribed.poll(10, TimeUnit.SECONDS));
      }
      assertEquals(
          Set.of("dispositivos/pump-1/configuracion", "dispositivos/pump-1/comandos"), topics);

      broker.say("dispositivos/pump-1/comandos", "{\"accion\":\n\"\u001b[31mreset\"}");

      assertEquals(
          "pump-1 dispositivos/pump-1/comandos {\"accion\": \" [31mreset\"}",
          ear.heard.poll(10, TimeUnit.SECONDS));
    }
  }

  private Simulation start(SimulationPlan plan, String user, String password) {
    SimulationTarget target =
        new SimulationTarget(server.url(), "127.0.0.1", broker.port(), false, null, user, password);
    Simulation simulation = new Simulation(vertx, target, plan, Clock.systemUTC(), ear);
    simulation.start();
    return simulation;
  }

  private static SimulationPlan home() {
    return SimulationPlan.of(Scenario.HOME).every(Duration.ofMillis(100));
  }

  private static SimulationPlan wind(int turbines) {
    return SimulationPlan.of(Scenario.WIND).every(Duration.ofMillis(100)).withCount(turbines);
  }

  private static SimulationPlan device() {
    return SimulationPlan.of(Scenario.DEVICE).every(Duration.ofMillis(100));
  }

  private static final class Ear implements Simulation.Voice {
    private final BlockingQueue<String> problems = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    String nextProblem() throws InterruptedException {
      String problem = problems.poll(20, TimeUnit.SECONDS);
      assertTrue(problem != null, "no problem was said");
      return problem;
    }

    @Override
    public void problem(String sentence) {
      problems.add(sentence);
    }

    @Override
    public void heard(String serial, String topic, String text) {
      heard.add(serial + " " + topic + " " + text);
    }

    @Override
    public void started(String sentence) {}
  }
}
