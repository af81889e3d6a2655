package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TopicAccessTest {
  private static final Principal PUMP = new Principal.Device(1, "pump-1");
  private static final Principal TURBINE = new Principal.Device(2, "GEN-7");
  private static final Principal METER = new Principal.Device(3, "medidor-principal");
  private static final Principal ROOT =
      new Principal.User(1, "admin", true, "superusuario", Set.of(), Reach.ALL);
  private static final Principal OPERATOR =
      new Principal.User(
          2,
          "op",
          false,
          "operador",
          Set.of(Permission.VIEW_READINGS, Permission.CREATE_READINGS),
          Reach.ALL);
  /// Sees pump-1 and GEN-7.
  private static final Principal ANA =
      new Principal.User(
          5,
          "ana",
          false,
          "operador",
          Set.of(Permission.VIEW_READINGS, Permission.CREATE_READINGS),
          Reach.OWN);
  private static final Principal READER =
      new Principal.ApiKey(3, "panel", Set.of(Permission.VIEW_READINGS), 1, Reach.ALL);
  private static final Principal NOBODY =
      new Principal.User(4, "externo", false, "", Set.of(Permission.VIEW_DASHBOARD), Reach.ALL);
  private static final Principal ANONYMOUS = new Principal.Anonymous("10.0.0.7");

  private static TopicAccess access(String who) {
    return switch (who) {
      case "pump" -> of(PUMP, "any");
      case "turbine" -> of(TURBINE, "any");
      case "meter" -> of(METER, "any");
      case "root" -> of(ROOT, "any");
      case "operator" -> of(OPERATOR, "any");
      case "ana" -> of(ANA, "any");
      case "reader" -> of(READER, "any");
      case "nobody" -> of(NOBODY, "any");
      case "anonymous" -> of(ANONYMOUS, "old-1");
      default -> throw new IllegalArgumentException(who);
    };
  }

  private static TopicAccess of(Principal principal, String clientId) {
    return TopicAccess.of(
        principal,
        clientId,
        topic -> topic.endsWith("/estado") || topic.equals("energy/consumption"),
        serial -> Set.of("pump-1", "GEN-7").contains(serial));
  }

  @ParameterizedTest(name = "{0} publishes to {1}: {2}")
  @CsvSource({
    "pump, dispositivos/pump-1/estado, true",
    "pump, dispositivos/pump-1, true",
    "pump, dispositivos/pump-1/anything/below, true",
    "pump, dispositivos/pump-1/comandos, false",
    "pump, dispositivos/pump-1/comandos/8, false",
    "pump, dispositivos/pump-1/comandos/8/respuesta, true",
    "pump, dispositivos/pump-1/configuracion, false",
    "pump, dispositivos/pump-2/estado, false",
    "pump, dispositivos/pump-10/estado, false",
    "pump, dispositivos/estado, true",
    "pump, iot/sensors/pump-1/data, true",
    "pump, iot/sensors/pump-2/data, false",
    "pump, iot/devices/pump-1/status, true",
    "pump, iot/devices/pump-1/other, false",
    "pump, energy/consumption, false",
    "pump, parque/norte/generador/7, false",
    "pump, $SYS/broker, false",
    "pump, else/where, false",
    "turbine, parque/norte/generador/7, true",
    "turbine, parque/norte/generador/8, false",
    "turbine, parque/norte/este/generador/7, false",
    "meter, energy/consumption, true",
    "root, else/where, true",
    "root, dispositivos/pump-1/comandos, true",
    "root, $SYS/broker, false",
    "root, $SYS, false",
    "operator, dispositivos/pump-1/estado, true",
    "operator, energy/consumption, true",
    "operator, else/where, false",
    "operator, dispositivos/pump-1/comandos, false",
    "reader, dispositivos/pump-1/estado, false",
    "nobody, energy/consumption, false",
    "anonymous, energy/consumption, true",
    "anonymous, dispositivos/pump-1/estado, true",
    "anonymous, else/where, false",
  })
  void publishing(String who, String topic, boolean allowed) {
    assertEquals(allowed, access(who).mayPublish(topic));
  }

  @ParameterizedTest(name = "{0} subscribes to {1}: {2}")
  @CsvSource({
    "pump, dispositivos/pump-1/#, true",
    "pump, dispositivos/pump-1/comandos, true",
    "pump, dispositivos/pump-1/+, true",
    "pump, dispositivos/+/comandos, false",
    "pump, dispositivos/#, false",
    "pump, '#', false",
    "pump, +/pump-1/comandos, false",
    "pump, iot/commands/pump-1/#, true",
    "pump, iot/config/pump-1, true",
    "pump, iot/devices/pump-1/status, true",
    "pump, iot/devices/pump-2/status, false",
    "pump, energy/consumption, false",
    "root, '#', true",
    "root, $SYS/#, true",
    "root, dispositivos/+/comandos, true",
    "operator, energy/consumption, true",
    "operator, dispositivos/+/estado, true",
    "operator, dispositivos/+/comandos/+/respuesta, true",
    "operator, dispositivos/+/comandos, false",
    "operator, dispositivos/pump-1/configuracion, false",
    "operator, dispositivos/pump-1/+, false",
    "operator, dispositivos/pump-1/#, false",
    "operator, '#', false",
    "operator, +/+/+, false",
    "operator, iot/commands/x, false",
    "operator, $SYS/#, false",
    "reader, parque/#, true",
    "ana, dispositivos/pump-1/estado, true",
    "ana, dispositivos/pump-1/comandos/+/respuesta, true",
    "ana, dispositivos/pump-1/#, false",
    "ana, dispositivos/pump-1/comandos, false",
    "ana, dispositivos/pump-2/estado, false",
    "ana, dispositivos/+/estado, false",
    "ana, dispositivos/estado, false",
    "ana, dispositivos/#, false",
    "ana, '#', false",
    "ana, +/pump-1/estado, false",
    "ana, iot/sensors/pump-1/data, true",
    "ana, iot/sensors/pump-2/data, false",
    "ana, iot/+/pump-1/data, false",
    "ana, parque/norte/generador/7, true",
    "ana, parque/+/generador/7, true",
    "ana, parque/+/generador/8, false",
    "ana, parque/norte/generador/+, false",
    "ana, parque/#, false",
    "ana, energy/consumption, false",
    "ana, else/where, false",
    "nobody, parque/#, false",
    "anonymous, dispositivos/old-1/#, true",
    "anonymous, dispositivos/old-1/comandos, true",
    "anonymous, dispositivos/old-2/comandos, false",
    "anonymous, energy/consumption, false",
  })
  void subscribing(String who, String filter, boolean allowed) {
    assertEquals(allowed, access(who).maySubscribe(filter));
  }

  @Test
  void a_client_id_that_is_a_wildcard_opens_nothing() {
    for (String clientId : new String[] {"+", "#", "a/b", "", "+/#"}) {
      assertEquals(false, of(ANONYMOUS, clientId).maySubscribe("dispositivos/+/#"));
      assertEquals(false, of(ANONYMOUS, clientId).maySubscribe("dispositivos/x/comandos"));
    }
  }

  @Test
  void a_serial_that_is_a_wildcard_opens_nothing() {
    TopicAccess access = of(new Principal.Device(9, "+"), "any");

    assertEquals(false, access.maySubscribe("dispositivos/+/#"));
    assertEquals(false, access.mayPublish("dispositivos/pump-1/estado"));
  }
}
