package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Vertx;
import java.util.Collections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class AccountTest {
  private static final DeviceProfile PUMP =
      new DeviceProfile("pump-1", "Bomba", "generico", "m", "d");

  private final Vertx vertx = Vertx.vertx();
  private final FakeServer server = new FakeServer(vertx);
  private final Account account = new Account(vertx, server.url(), null, "admin", "secret");

  @AfterEach
  void end() {
    account.close();
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void renews_an_expired_session_without_the_password() {
    account.login();
    server.expireAccess();

    long id = account.createDevice(PUMP);

    assertEquals(new DeviceCredential("device_pump-1", "p" + id), account.newCredential(id));
    assertEquals(1, Collections.frequency(server.calls, "POST /api/auth/login/"));
    assertEquals(1, Collections.frequency(server.calls, "POST /api/auth/refresh/"));
  }

  @Test
  void a_page_that_does_not_exist_says_that_this_is_no_vatio() {
    account.login();

    TargetProblem problem = assertThrows(TargetProblem.class, () -> account.read("/nowhere"));

    assertTrue(problem.getMessage().contains("not like a Vatio server; check --url"));
    assertFalse(problem.isPassing());
  }

  @Test
  void a_busy_server_is_worth_another_try() {
    server.answersBusy.set(1);

    TargetProblem problem = assertThrows(TargetProblem.class, account::login);

    assertTrue(problem.isPassing());
  }

  @Test
  void never_shows_a_secret() {
    assertEquals("device_pump-1", new DeviceCredential("device_pump-1", "geheim").toString());
    assertFalse(SimulationTarget.local(1, 2, "admin", "geheim").toString().contains("geheim"));
  }
}
