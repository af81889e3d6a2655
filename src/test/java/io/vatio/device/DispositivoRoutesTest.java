package io.vatio.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.ingest.DeviceStateDecoder;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import io.vatio.testing.Tokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DispositivoRoutesTest {
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final List<Device> changes = new ArrayList<>();
  private Core core;
  private Port port;

  @BeforeEach
  void open() {
    core = Core.start(Databases.SQLITE.newUrl(folder), clock, new DeviceStateDecoder());
    core.database.write(
        handle ->
            handle.execute(
                """
                INSERT INTO account (id, username, email, first_name, last_name, user_type,
                                     is_active, is_staff, is_superuser, created_at, updated_at)
                VALUES (1,'admin','','','','interno',1,0,1,0,0), (3,'operator','','','','interno',1,0,0,0,0)
                """));
    core.events.subscribe(DeviceChanged.class, event -> changes.add(event.device()));
    port =
        new Port(
            api -> new DispositivoRoutes(core.devices, core.visibility, core.messages).addTo(api));
  }

  @AfterEach
  void close() {
    port.close();
    core.close();
  }

  @Test
  void a_device_that_announces_itself_is_listed_claimed_and_shown() throws Exception {
    announce(
        "{\"serial_number\":\"TMP0603IF1WD\",\"estado\":\"activo\",\"parametros\":{\"temp\":23.4}}");

    assertEquals(
        """
        [{"id":1,"serial_number":"TMP0603IF1WD","estado":"activo","parametros":{"temp":23.4},\
        "configuracion":{},"reclamado":false}]""",
        port.get("/dispositivos/no-reclamados", "viewer").body());
    var claimed =
        port.send(
            "POST",
            "/dispositivos/reclamar",
            "admin",
            """
            {"serial_number":"TMP0603IF1WD","nombre":"Sensor Temp","tipo":"sensor","modelo":"T-01",
             "descripcion":"Termómetro","configuracion":{"modo":"manual","encendido":true}}
            """);
    assertEquals(200, claimed.status());
    assertEquals("{\"mensaje\":\"Dispositivo reclamado correctamente\",\"id\":1}", claimed.body());
    String device =
        """
        {"id":1,"serial_number":"TMP0603IF1WD","nombre":"Sensor Temp","tipo":"sensor",\
        "modelo":"T-01","descripcion":"Termómetro","estado":"activo","parametros":{"temp":23.4},\
        "configuracion":{"modo":"manual","encendido":true},"reclamado":true,\
        "last_seen":"2026-03-01T10:00:00Z"}""";
    assertEquals(device, port.get("/dispositivos/1", "viewer").body());
    assertEquals("[" + device + "]", port.get("/dispositivos/", "viewer").body());
    assertEquals("[]", port.get("/dispositivos/no-reclamados", "viewer").body());
    assertTrue(changes.getLast().claimed());
  }

  @Test
  void lists_in_order_of_arrival_and_filters() throws Exception {
    announce("{\"serial_number\":\"b\",\"estado\":\"activo\"}");
    announce("{\"serial_number\":\"a\",\"estado\":\"inactivo\"}");
    port.send("POST", "/dispositivos/reclamar", "admin", "{\"serial_number\":\"a\"}");

    assertEquals(List.of("b", "a"), serials("/dispositivos"));
    assertEquals(List.of("a"), serials("/dispositivos?reclamado=true"));
    assertEquals(List.of("b"), serials("/dispositivos?reclamado=false"));
    assertEquals(List.of("b"), serials("/dispositivos?estado=activo"));
    assertEquals(List.of(), serials("/dispositivos?estado=activo&reclamado=true"));
    assertEquals(400, port.get("/dispositivos?reclamado=quiza", "viewer").status());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          GET    | /dispositivos/99                 |                              | 404 | {"error":"Recurso no encontrado"}
          GET    | /dispositivos/abc                |                              | 404 | {"error":"Recurso no encontrado"}
          GET    | /dispositivos/99/logs            |                              | 404 | {"error":"Recurso no encontrado"}
          GET    | /dispositivos/1/logs?page=x      |                              | 400 | {"error":"Se requiere un número entero entre 1 y 2147483647.","detalle":{"page":["Se requiere un número entero entre 1 y 2147483647."]}}
          GET    | /dispositivos/1/logs?page=0      |                              | 400 | {"error":"Se requiere
          PUT    | /dispositivos/99                 | {"nombre":"x"}               | 404 | {"error":"Recurso no encontrado"}
          PUT    | /dispositivos/1                  | {}                           | 400 | {"error":"Datos JSON inválidos o faltantes"}
          PUT    | /dispositivos/1                  |                              | 400 | {"error":"Datos JSON inválidos o faltantes"}
          PUT    | /dispositivos/1                  | {"nombre":                   | 400 | {"error":"JSON parse error
          PUT    | /dispositivos/1                  | [1]                          | 400 | {"error":"Datos inválidos. Se esperaba un diccionario pero es un list."}
          PUT    | /dispositivos/1                  | {"nombre":7,"tipo":true}     | 400 | {"error":"\\"nombre\\" debe ser un texto.","detalle":{"nombre":["\\"nombre\\" debe ser un texto."],"tipo":["\\"tipo\\" debe ser un texto."]}}
          PUT    | /dispositivos/1                  | {"encendido":"si"}           | 400 | {"error":"\\"encendido\\" debe ser true o false."
          PUT    | /dispositivos/1                  | {"configuracion":{"encendido":1}} | 400 | {"error":"\\"configuracion.encendido\\" debe ser true o false."
          PUT    | /dispositivos/1                  | {"configuracion":{"modo":1}} | 400 | {"error":"\\"configuracion.modo\\" debe ser un texto."
          PUT    | /dispositivos/1                  | {"configuracion":[]}         | 400 | {"error":"\\"configuracion\\" debe ser un objeto JSON."
          PUT    | /dispositivos/1                  | {"serial_number":"otro"}     | 400 | {"error":"El serial_number de un dispositivo no cambia."
          DELETE | /dispositivos/99                 |                              | 404 | {"error":"Recurso no encontrado"}
          POST   | /dispositivos/reclamar           | {"nombre":"x"}               | 400 | {"error":"Debe proporcionar serial_number"}
          POST   | /dispositivos/reclamar           | {"serial_number":"  "}       | 400 | {"error":"Debe proporcionar serial_number"}
          POST   | /dispositivos/reclamar           | {"serial_number":"nuevo"}    | 404 | {"error":"Dispositivo no encontrado. Asegúrese de que haya sido detectado por MQTT"}
          POST   | /dispositivos                    | {"serial_number":"uno"}      | 409 | {"error":"Ya existe un dispositivo con ese serial_number"}
          POST   | /dispositivos                    | {"serial_number":"a/b"}      | 400 | {"error":"\\"serial_number\\" debe tener de 1 a 100 caracteres
          """)
  void says_what_is_wrong(String method, String path, String body, int status, String answer)
      throws Exception {
    announce("{\"serial_number\":\"uno\"}");

    var said = port.send(method, path, "admin", body == null ? "" : body);

    assertEquals(status, said.status(), said.body());
    String expected = answer.replace("\\\"", "\\\"");
    assertTrue(
        answer.endsWith("}") ? said.body().equals(expected) : said.body().startsWith(expected),
        said.body());
  }

  @Test
  void a_second_claim_is_a_conflict_in_either_language() throws Exception {
    announce("{\"serial_number\":\"uno\"}");
    port.send("POST", "/dispositivos/reclamar", "admin", "{\"serial_number\":\"uno\"}");

    var again = port.send("POST", "/dispositivos/reclamar", "admin", "{\"serial_number\":\"uno\"}");

    assertEquals(409, again.status());
    assertEquals("{\"error\":\"El dispositivo ya fue reclamado previamente\"}", again.body());
  }

  @Test
  void of_many_who_claim_at_once_one_succeeds() throws Exception {
    announce("{\"serial_number\":\"uno\"}");
    AtomicInteger winners = new AtomicInteger();

    List<Thread> claimers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      claimers.add(
          Thread.startVirtualThread(
              () -> {
                try {
                  if (port.send(
                              "POST",
                              "/dispositivos/reclamar",
                              "admin",
                              "{\"serial_number\":\"uno\"}")
                          .status()
                      == 200) {
                    winners.incrementAndGet();
                  }
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              }));
    }
    for (Thread claimer : claimers) {
      claimer.join();
    }

    assertEquals(1, winners.get());
  }

  @Test
  void manual_mode_derives_the_state_from_encendido_wherever_it_stands() throws Exception {
    announce("{\"serial_number\":\"uno\",\"estado\":\"activo\"}");

    var inside =
        put("{\"configuracion\":{\"modo\":\"manual\",\"encendido\":false,\"intervalo_envio\":5}}");
    var outside = put("{\"encendido\":true,\"nombre\":\"Lámpara\"}");

    assertEquals(
        """
        {"mensaje":"Dispositivo actualizado","id":1,"estado":"inactivo",\
        "configuracion":{"modo":"manual","encendido":false,"intervalo_envio":5}}""",
        inside);
    assertEquals(
        """
        {"mensaje":"Dispositivo actualizado","id":1,"estado":"activo",\
        "configuracion":{"modo":"manual","encendido":true,"intervalo_envio":5}}""",
        outside);
  }

  @Test
  void in_horario_the_state_rules_and_encendido_follows() throws Exception {
    announce("{\"serial_number\":\"uno\",\"estado\":\"inactivo\"}");

    assertTrue(
        put("{\"configuracion\":{\"modo\":\"horario\",\"encendido\":true}}")
            .contains(
                "\"estado\":\"inactivo\",\"configuracion\":{\"modo\":\"horario\",\"encendido\":false}"));
    assertTrue(
        put("{\"estado\":\"on\",\"encendido\":false}")
            .contains(
                "\"estado\":\"activo\",\"configuracion\":{\"modo\":\"horario\",\"encendido\":true}"));
    assertTrue(put("{\"encendido\":false}").contains("\"estado\":\"inactivo\""));
  }

  @Test
  void an_app_may_send_the_whole_device_back() throws Exception {
    announce("{\"serial_number\":\"uno\",\"estado\":\"abriendo\",\"parametros\":{\"x\":1}}");
    String device = port.get("/dispositivos/1", "admin").body();

    var answer = port.send("PUT", "/dispositivos/1", "admin", device);

    assertEquals(200, answer.status());
    assertEquals(device, port.get("/dispositivos/1", "admin").body());
  }

  @Test
  void the_merged_configuration_stays_bounded() throws Exception {
    announce("{\"serial_number\":\"uno\"}");
    put("{\"configuracion\":{\"a\":\"" + "x".repeat(10_000) + "\"}}");

    var answer =
        port.send(
            "PUT",
            "/dispositivos/1",
            "admin",
            "{\"configuracion\":{\"b\":\"" + "x".repeat(10_000) + "\"}}");

    assertEquals(400, answer.status());
    assertTrue(
        answer.body().startsWith("{\"error\":\"\\\"configuracion\\\" admite 16384 bytes.\""));
  }

  @Test
  void every_change_is_logged_newest_first_and_by_pages() throws Exception {
    announce("{\"serial_number\":\"uno\",\"estado\":\"activo\",\"parametros\":{\"n\":1}}");
    clock.advance(Duration.ofMillis(1_500));
    announce("{\"serial_number\":\"uno\",\"parametros\":{\"n\":2}}");
    clock.advance(Duration.ofSeconds(1));
    put("{\"encendido\":false}");

    assertEquals(
        """
        {"page":1,"per_page":2,"total":3,"pages":2,"data":[\
        {"estado":"inactivo","parametros":{"n":2},"timestamp":"2026-03-01T10:00:02.500Z"},\
        {"estado":"activo","parametros":{"n":2},"timestamp":"2026-03-01T10:00:01.500Z"}]}""",
        port.get("/dispositivos/1/logs?page=1&per_page=2", "viewer").body());
    assertEquals(
        "{\"page\":9,\"per_page\":200,\"total\":3,\"pages\":1,\"data\":[]}",
        port.get("/dispositivos/1/logs?page=9&per_page=5000", "viewer").body());
    assertEquals(3, changes.stream().filter(d -> d.lastSeen() != null).count());
  }

  @Test
  void creates_and_deletes() throws Exception {
    var created =
        port.send(
            "POST",
            "/dispositivos",
            "manager",
            "{\"serial_number\":\"nuevo\",\"nombre\":\"N\",\"estado\":\"parado\",\"parametros\":{\"x\":1},\"reclamado\":true}");

    assertEquals(201, created.status());
    assertEquals("{\"mensaje\":\"Dispositivo agregado\",\"id\":1}", created.body());
    assertEquals(
        """
        {"id":1,"serial_number":"nuevo","nombre":"N","tipo":"generico","modelo":"desconocido",\
        "descripcion":"","estado":"parado","parametros":{"x":1},"configuracion":{},"reclamado":true}""",
        port.get("/dispositivos/1", "manager").body());
    assertEquals(200, port.send("DELETE", "/dispositivos/1/", "manager", "").status());
    assertEquals(404, port.get("/dispositivos/1", "manager").status());
  }

  @Test
  void an_operator_changes_only_what_is_his() throws Exception {
    announce("{\"serial_number\":\"uno\"}");
    announce("{\"serial_number\":\"dos\"}");
    port.send("POST", "/dispositivos/reclamar", "admin", "{\"serial_number\":\"uno\"}");

    assertEquals(
        403, port.send("PUT", "/dispositivos/1", "operator", "{\"nombre\":\"x\"}").status());
    assertEquals(
        403, port.send("PUT", "/dispositivos/2", "operator", "{\"nombre\":\"x\"}").status());
    assertEquals(
        200,
        port.send("POST", "/dispositivos/reclamar", "operator", "{\"serial_number\":\"dos\"}")
            .status());
    assertEquals(
        200, port.send("PUT", "/dispositivos/2", "operator", "{\"nombre\":\"x\"}").status());
    assertEquals(
        201,
        port.send("POST", "/dispositivos", "operator", "{\"serial_number\":\"tres\"}").status());
    assertEquals(
        200, port.send("PUT", "/dispositivos/3", "operator", "{\"nombre\":\"x\"}").status());
    assertEquals(3L, core.devices.findBySerial("tres").orElseThrow().operatorId());
    assertEquals(403, port.send("DELETE", "/dispositivos/1", "operator", "").status());
    assertEquals(200, port.send("DELETE", "/dispositivos/2", "operator", "").status());
    port.tokens.principals.put("other", Tokens.user(5, "other", Permission.ASSIGN_SENSORS));
    assertEquals(
        403,
        port.send("POST", "/dispositivos/reclamar", "other", "{\"serial_number\":\"tres\"}")
            .status());
  }

  @Test
  void nobody_a_viewer_and_a_device_change_nothing() throws Exception {
    announce("{\"serial_number\":\"uno\"}");

    for (String path :
        List.of(
            "PUT /dispositivos/1",
            "POST /dispositivos",
            "POST /dispositivos/reclamar",
            "DELETE /dispositivos/1")) {
      String[] part = path.split(" ");
      assertEquals(
          401, port.send(part[0], part[1], "", "{\"serial_number\":\"uno\"}").status(), path);
      assertEquals(
          403, port.send(part[0], part[1], "viewer", "{\"serial_number\":\"uno\"}").status(), path);
      assertEquals(
          403, port.send(part[0], part[1], "device", "{\"serial_number\":\"uno\"}").status(), path);
    }
    assertEquals(401, port.get("/dispositivos", "").status());
    assertEquals(403, port.get("/dispositivos", "device").status());
    assertFalse(core.devices.findBySerial("uno").orElseThrow().claimed());
  }

  @Test
  void the_open_app_on_a_trusted_network_claims_and_switches_what_is_nobodys() throws Exception {
    announce("{\"serial_number\":\"uno\"}");
    core.devices.create(DeviceTemplate.unknown("dos"), d -> owned(d, 1L));
    port.tokens.trusted =
        new Principal.Trusted(
            "127.0.0.1", "operador", Set.of(Permission.VIEW_DEVICES, Permission.ASSIGN_SENSORS));

    assertEquals(
        200,
        port.send("POST", "/dispositivos/reclamar", "", "{\"serial_number\":\"uno\"}").status());
    assertEquals(200, port.send("PUT", "/dispositivos/1", "", "{\"encendido\":true}").status());
    assertEquals(403, port.send("PUT", "/dispositivos/2", "", "{\"encendido\":true}").status());
  }

  private static Device owned(Device d, long operator) {
    return new Device(
        d.id(),
        d.siteId(),
        d.serial(),
        d.name(),
        d.type(),
        d.model(),
        d.description(),
        d.location(),
        d.lifecycleState(),
        d.operatingState(),
        d.parameters(),
        d.configuration(),
        d.claimed(),
        operator,
        d.lastSeen(),
        d.createdAt(),
        d.updatedAt());
  }

  private void announce(String payload) throws Exception {
    Receipt receipt =
        core.inbox
            .accept(
                RawMessage.of(
                    Origin.MQTT,
                    "dispositivos/estado",
                    payload.getBytes(StandardCharsets.UTF_8),
                    clock.instant(),
                    new Principal.Anonymous("127.0.0.1")))
            .get(10, TimeUnit.SECONDS);
    assertTrue(receipt instanceof Receipt.Stored, receipt.toString());
  }

  private String put(String body) throws Exception {
    var answer = port.send("PUT", "/dispositivos/1", "admin", body);
    assertEquals(200, answer.status(), answer.body());
    return answer.body();
  }

  private List<String> serials(String path) throws Exception {
    List<String> serials = new ArrayList<>();
    port.get(path, "viewer").json().forEach(d -> serials.add(d.path("serial_number").asText()));
    return serials;
  }
}
