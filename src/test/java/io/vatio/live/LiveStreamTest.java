package io.vatio.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.device.Device;
import io.vatio.device.DeviceChanged;
import io.vatio.device.DispositivoRoutes;
import io.vatio.ingest.DeviceStateDecoder;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.SensorDataDecoder;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.platform.json.Json;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.EventSource;
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
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LiveStreamTest {
  private static final String DEVICES = "/stream/dispositivos";
  private static final LiveSettings SMALL =
      new LiveSettings(
          20,
          20,
          64 << 10,
          64,
          64,
          1 << 20,
          10,
          Duration.ofMillis(50),
          Duration.ofSeconds(20),
          Duration.ofSeconds(30),
          Duration.ofSeconds(60));

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private final List<EventSource> sources = new ArrayList<>();
  private Core core;
  private LiveModule live;
  private Port port;

  @AfterEach
  void close() throws Exception {
    for (EventSource source : sources) {
      source.close();
    }
    if (core != null) {
      live.close();
      port.close();
      core.close();
    }
  }

  @Test
  void greets_and_tells_every_change_as_the_document_says() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource source = listen(DEVICES, "viewer");
    String hello = source.next();

    state("TMP0603IF1WD", "\"estado\":\"activo\",\"parametros\":{\"temp\":23.4}");
    port.send(
        "POST",
        "/dispositivos/reclamar",
        "admin",
        """
        {"serial_number":"TMP0603IF1WD","nombre":"Sensor Temp","tipo":"sensor","modelo":"T-01",
         "descripcion":"Termómetro 😀","configuracion":{"modo":"manual","encendido":true}}
        """);

    assertTrue(source.head().startsWith("HTTP/1.1 200 OK\n"), source.head());
    assertTrue(
        source.head().toLowerCase().contains("content-type: text/event-stream; charset=utf-8\n"));
    assertTrue(source.head().toLowerCase().contains("cache-control: no-cache\n"));
    assertTrue(source.head().toLowerCase().contains("x-accel-buffering: no\n"));
    assertEquals("event: hello\ndata: {}", withoutId(hello));
    String reported = source.next();
    String claimed = source.next();
    assertTrue(reported.contains("\"parametros\":{\"temp\":23.4}"), reported);
    assertEquals(
        """
        data: {"id":1,"serial_number":"TMP0603IF1WD","nombre":"Sensor Temp","tipo":"sensor",\
        "modelo":"T-01","descripcion":"Termómetro 😀","estado":"activo",\
        "parametros":{"temp":23.4},"configuracion":{"modo":"manual","encendido":true},\
        "reclamado":true,"event":"device_update"}""",
        withoutId(claimed));
  }

  @Test
  void a_device_that_has_only_sent_readings_is_told_once() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource source = listen(DEVICES, "viewer");
    source.next();

    data("X1", "{\"sensors\":{\"humedad\":40}}");
    data("X1", "{\"sensors\":{\"humedad\":41},\"timestamp\":1772359201}");
    state("X2", "\"estado\":\"activo\"");

    assertTrue(source.next().contains("\"serial_number\":\"X1\""));
    assertTrue(source.next().contains("\"serial_number\":\"X2\""));
    assertTrue(source.isQuiet());
  }

  @Test
  void filters_by_serial_and_by_claim() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource one = listen(DEVICES + "?serial=a", "viewer");
    EventSource claimed = listen(DEVICES + "/?reclamado=true", "viewer");
    one.next();
    claimed.next();

    state("b", "\"estado\":\"activo\"");
    state("a", "\"estado\":\"activo\"");
    port.send("POST", "/dispositivos/reclamar", "admin", "{\"serial_number\":\"b\"}");

    assertTrue(one.next().contains("\"serial_number\":\"a\""));
    assertTrue(claimed.next().contains("\"serial_number\":\"b\""));
    assertTrue(one.isQuiet());
    assertTrue(claimed.isQuiet());
    assertEquals(400, port.get(DEVICES + "?reclamado=quiza", "viewer").status());
  }

  @Test
  void pings_in_time_also_while_events_flow() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource source = listen(DEVICES, "viewer");
    source.next();
    Device device = device("a");
    source.next();

    clock.advance(Duration.ofSeconds(19));
    publish(device, 1);
    assertTrue(source.next().contains("device_update"));
    clock.advance(Duration.ofSeconds(1));
    publish(device, 2);

    // The update may have been on its way already when the time had come.
    List<String> both = List.of(source.next(), source.next());
    assertTrue(both.contains("event: ping\ndata: {}"), both.toString());
    clock.advance(Duration.ofSeconds(20));
    live.ring();
    assertEquals("event: ping\ndata: {}", source.next());
  }

  @Test
  void a_listener_that_comes_back_gets_what_it_missed() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource source = listen(DEVICES, "viewer");
    source.next();
    Device device = device("a");
    String last = id(source.next());
    publish(device, 1);
    publish(device, 2);
    assertTrue(source.next().contains("{\"n\":1}"));

    EventSource back = listen(DEVICES, "viewer", "Last-Event-ID: " + last);
    EventSource byQuery = listen(DEVICES + "?last_event_id=" + last, "viewer");

    assertEquals(last, id(back.next()));
    assertTrue(back.next().contains("{\"n\":1}"));
    assertTrue(back.next().contains("{\"n\":2}"));
    byQuery.next();
    assertTrue(byQuery.next().contains("{\"n\":1}"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "7", "zzz-4", "-1", "99999999999999999999"})
  void an_id_that_is_not_known_brings_the_present_state_of_all(String id) throws Exception {
    start(LiveSettings.DEFAULT);
    state("a", "\"estado\":\"activo\"");
    state("b", "\"estado\":\"inactivo\"");

    EventSource back = listen(DEVICES, "viewer", "Last-Event-ID: " + id);

    assertEquals("event: hello\ndata: {}", back.next());
    assertTrue(back.next().startsWith("data: {\"id\":1,\"serial_number\":\"a\""));
    String last = back.next();
    assertTrue(withoutId(last).startsWith("data: {\"id\":2,\"serial_number\":\"b\""));
    assertFalse(id(last).isEmpty());
  }

  @Test
  void an_id_that_is_too_old_brings_the_present_state_of_what_changed() throws Exception {
    start(SMALL);
    Device quiet = device("quiet");
    Device busy = device("busy");
    EventSource source = listen(DEVICES, "viewer");
    String id = id(source.next());
    for (int i = 0; i < 100; i++) {
      publish(busy, i);
      source.next();
    }
    publish(quiet, 1);
    source.next();
    publish(busy, 1_000);
    source.next();

    EventSource back = listen(DEVICES, "viewer", "Last-Event-ID: " + id);

    back.next();
    assertTrue(back.next().contains("\"serial_number\":\"quiet\""));
    assertTrue(back.next().contains("\"serial_number\":\"busy\""));
    assertTrue(back.isQuiet());
  }

  @Test
  void a_stalled_browser_neither_grows_the_server_nor_delays_the_others() throws Exception {
    start(LiveSettings.DEFAULT);
    Device device = device("a");
    EventSource stalled = stalled(DEVICES);
    EventSource other = listen(DEVICES, "viewer");
    other.next();
    awaitListeners(2);
    long before = usedMemory();

    for (int i = 1; i <= 50_000; i++) {
      publish(device, i);
      while (i - other.received() > 4_000) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    for (int i = 1; i <= 50_000; i++) {
      assertTrue(other.next().contains("{\"n\":" + i + "}"));
    }
    long grown = usedMemory() - before;
    assertTrue(grown < 32 << 20, "grown by " + grown);

    // It reads again: what it missed is gone, the present state is not.
    stalled.read();
    String last = "";
    while (!last.contains("{\"n\":0}")) {
      last = stalled.next();
    }
    assertTrue(stalled.received() < 45_000, "frames " + stalled.received());
    assertTrue(core.meters.counter("vatio.live.resyncs").count() >= 1);
  }

  @Test
  void one_that_takes_nothing_for_half_a_minute_is_cut_off() throws Exception {
    start(LiveSettings.DEFAULT);
    Device device = device("a");
    EventSource stalled = stalled(DEVICES);
    EventSource other = listen(DEVICES, "viewer");
    other.next();
    awaitListeners(2);
    for (int i = 1; i <= 40_000; i++) {
      publish(device, i);
      while (i - other.received() > 4_000) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    clock.advance(Duration.ofSeconds(31));
    live.ring();
    awaitListeners(1);

    assertEquals(1, core.meters.counter("vatio.live.cut_off").count());
    stalled.read();
    while (!stalled.next().equals("<end>")) {
      // What the network still held.
    }
    publish(device, 50_000);
    while (!other.next().contains("{\"n\":50000}")) {
      // The other one goes on.
    }
  }

  @Test
  void tells_readings_energy_and_devices_by_name() throws Exception {
    start(LiveSettings.DEFAULT);
    data("medidor-principal", "{\"sensors\":{\"consumo\":1},\"timestamp\":1772359199}");
    EventSource all = listen("/api/stream/?topics=readings,devices,energy", "viewer");
    EventSource energy = listen("/api/stream?topics=energy", "viewer");
    assertEquals("id: 1\nevent: hello\ndata: {}", all.next());
    energy.next();

    data("medidor-principal", "{\"sensors\":{\"consumo\":1.25},\"timestamp\":1772359200}");

    assertEquals(
        "id: 2\nevent: energy\ndata: {\"id\":2,\"timestamp\":\"2026-03-01T10:00:00Z\",\"consumption\":1.25}",
        all.next());
    assertEquals(
        """
        id: 2
        event: readings
        data: {"id":2,"dispositivo":1,"serial_number":"medidor-principal","sensor":1,\
        "sensor_nombre":"consumo","unidad":"","valor":1.25,"timestamp":"2026-03-01T10:00:00Z",\
        "calidad":[]}""",
        all.next());
    data("medidor-principal", "{\"sensors\":{\"temperatura\":5000}}");
    String flagged = all.next();
    assertTrue(flagged.startsWith("id: 3\nevent: readings\n"), flagged);
    assertTrue(
        flagged.endsWith(
            """
            "unidad":"°C","valor":5000.0,"timestamp":"2026-03-01T10:00:00Z","calidad":["rango"]}"""),
        flagged);
    state("TMP1", "\"estado\":\"activo\"");
    assertEquals(
        """
        event: device_update
        data: {"id":2,"serial_number":"TMP1","nombre":"No definido","tipo":"generico",\
        "modelo":"desconocido","descripcion":"","estado":"activo","parametros":{},\
        "configuracion":{},"reclamado":false}""",
        all.next());
    assertTrue(energy.next().startsWith("id: 2\nevent: energy\n"));
    assertTrue(energy.isQuiet());
  }

  @Test
  void one_device_by_its_serial_or_its_id() throws Exception {
    start(LiveSettings.DEFAULT);
    data("a", "{\"sensors\":{\"x\":1}}");
    data("b", "{\"sensors\":{\"x\":1}}");
    EventSource a = listen("/api/stream?device=a&topics=readings", "viewer");
    EventSource b = listen("/api/stream?device=2&topics=readings", "viewer");
    a.next();
    b.next();

    data("a", "{\"sensors\":{\"x\":2},\"timestamp\":1772359201}");
    data("b", "{\"sensors\":{\"x\":3},\"timestamp\":1772359201}");

    assertTrue(a.next().contains("\"valor\":2.0"));
    assertTrue(b.next().contains("\"valor\":3.0"));
    assertTrue(a.isQuiet());
    assertEquals(
        "{\"detail\":\"No existe el dispositivo \\\"c\\\".\"}",
        port.get("/api/stream?device=c", "viewer").body());
  }

  @Test
  void resumes_readings_by_their_number_and_says_when_it_cannot() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource first = listen("/api/stream?topics=readings,devices", "viewer");
    first.next();
    for (int i = 1; i <= 3; i++) {
      data("a", "{\"sensors\":{\"x\":" + i + "},\"timestamp\":" + (1772359200 + i) + "}");
    }
    while (!first.next().startsWith("id: 3\n")) {
      // Until all were told.
    }

    EventSource back = listen("/api/stream?topics=readings", "viewer", "Last-Event-ID: 1");
    EventSource unknown = listen("/api/stream?topics=readings&last_event_id=77", "viewer");
    EventSource rubbish = listen("/api/stream?last_event_id=x", "viewer");

    assertEquals("id: 1\nevent: hello\ndata: {}", back.next());
    assertTrue(back.next().startsWith("id: 2\nevent: readings\n"));
    assertTrue(back.next().startsWith("id: 3\nevent: readings\n"));
    assertEquals("id: 3\nevent: hello\ndata: {}", unknown.next());
    assertEquals("event: resync\ndata: {}", unknown.next());
    rubbish.next();
    assertEquals("event: resync\ndata: {}", rubbish.next());
  }

  @Test
  void devices_that_changed_while_away_come_with_the_resumed_readings() throws Exception {
    start(LiveSettings.DEFAULT);
    state("calm", "\"parametros\":{\"x\":1}");
    EventSource first = listen("/api/stream?topics=readings,devices", "viewer");
    String id = id(first.next());
    state("TMP1", "\"estado\":\"activo\",\"parametros\":{\"x\":1}");
    while (!first.next().contains("event: readings")) {
      // Until the change was told.
    }

    EventSource back = listen("/api/stream?topics=devices", "viewer", "Last-Event-ID: " + id);

    back.next();
    assertTrue(back.next().contains("\"serial_number\":\"TMP1\""));
    assertTrue(back.isQuiet());
  }

  @Test
  void at_high_rates_the_newest_of_each_series_is_told_in_rising_order() throws Exception {
    start(SMALL);
    data("a", "{\"sensors\":{\"x\":0,\"y\":0}}");
    EventSource source = listen("/api/stream?topics=readings", "viewer");
    source.next();

    List<java.util.concurrent.CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (int i = 1; i <= 3_000; i++) {
      receipts.add(
          accept(
              "iot/sensors/a/data",
              "{\"sensors\":{\"x\":"
                  + i
                  + ",\"y\":"
                  + i
                  + "},\"timestamp\":"
                  + (1772359200 + i)
                  + "}"));
    }
    for (var receipt : receipts) {
      receipt.get(10, TimeUnit.SECONDS);
    }

    long seq = 0;
    boolean x = false;
    boolean y = false;
    int count = 0;
    while (!x || !y) {
      String frame = source.next();
      long next = Long.parseLong(id(frame));
      assertTrue(next > seq);
      seq = next;
      x |= frame.contains("\"sensor_nombre\":\"x\"") && frame.contains("\"valor\":3000.0");
      y |= frame.contains("\"sensor_nombre\":\"y\"") && frame.contains("\"valor\":3000.0");
      count++;
    }
    assertTrue(count < 2_000, "frames " + count);
  }

  @Test
  void refuses_topics_that_do_not_exist_or_may_not_be_heard() throws Exception {
    start(LiveSettings.DEFAULT);
    port.tokens.principals.put("half", Tokens.user(7, "half", Permission.VIEW_DEVICES));
    port.tokens.principals.put("none", Tokens.user(8, "none", Permission.VIEW_DASHBOARD));

    var unknown = port.get("/api/stream/?topics=readings,weather", "viewer");

    assertEquals(400, unknown.status());
    assertEquals(
        "{\"topics\":[\"No existe el tema \\\"weather\\\". Los temas son readings, devices, energy, alerts, commands.\"]}",
        unknown.body());
    assertEquals(403, port.get("/api/stream/?topics=readings", "half").status());
    assertEquals(403, port.get("/api/stream/", "none").status());
    assertEquals(403, port.send("POST", "/api/stream/ticket/", "none", "").status());
    assertEquals(403, port.get("/api/stream/", "device").status());
    assertEquals(401, port.get("/api/stream/", "").status());
    assertEquals(401, port.get(DEVICES, "").status());
    assertEquals(403, port.get(DEVICES, "none").status());
    EventSource allowed = listen("/api/stream/?topics=alerts,commands", "half");
    assertTrue(allowed.next().endsWith("event: hello\ndata: {}"));
  }

  @Test
  void a_ticket_opens_one_stream_within_half_a_minute() throws Exception {
    start(LiveSettings.DEFAULT);

    var issued = port.send("POST", "/api/stream/ticket/", "viewer", "{}");
    String ticket = issued.json().path("ticket").asText();
    EventSource source = listen("/api/stream/?topics=readings&ticket=" + ticket, "");

    assertEquals(201, issued.status());
    assertEquals(30, issued.json().path("expires_in").asInt());
    assertEquals(43, ticket.length());
    assertTrue(source.next().endsWith("event: hello\ndata: {}"));
    assertEquals(401, port.get("/api/stream/?ticket=" + ticket, "").status());
    String late = ticket();
    clock.advance(Duration.ofSeconds(30));
    assertEquals(401, port.get("/api/stream/?ticket=" + late, "").status());
    assertEquals(401, port.get("/api/stream/?ticket=", "").status());
    assertEquals(401, port.get("/dispositivos?ticket=" + ticket(), "").status());
    EventSource devices = listen(DEVICES + "?ticket=" + ticket(), "");
    assertTrue(devices.next().endsWith("event: hello\ndata: {}"));
  }

  @Test
  void unused_tickets_do_not_pile_up() throws Exception {
    start(LiveSettings.DEFAULT);
    String first = ticket();
    for (int i = 0; i < 50; i++) {
      ticket();
    }

    assertEquals(401, port.get("/api/stream/?ticket=" + first, "").status());
  }

  @Test
  void a_stream_ends_when_its_credential_is_no_longer_good() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource direct = listen("/api/stream/", "viewer");
    EventSource byTicket = listen(DEVICES + "?ticket=" + ticket(), "");
    EventSource other = listen(DEVICES, "operator");
    direct.next();
    byTicket.next();
    other.next();

    port.tokens.principals.remove("viewer");
    clock.advance(Duration.ofSeconds(61));
    live.ring();

    assertEquals("event: ping\ndata: {}", direct.next());
    assertTrue(direct.hasEnded());
    assertEquals("event: ping\ndata: {}", byTicket.next());
    assertTrue(byTicket.hasEnded());
    assertEquals("event: ping\ndata: {}", other.next());
    awaitListeners(1);
  }

  @Test
  void so_many_listeners_and_no_more_and_their_places_come_back() throws Exception {
    LiveSettings two =
        new LiveSettings(
            20,
            2,
            64 << 10,
            64,
            64,
            1 << 20,
            10,
            Duration.ofMillis(50),
            Duration.ofSeconds(20),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60));
    start(two);
    EventSource first = listen(DEVICES, "viewer");
    listen("/api/stream", "viewer").next();
    first.next();

    var third = port.get(DEVICES, "viewer");

    assertEquals(503, third.status());
    assertEquals("{\"error\":\"Hay demasiadas conexiones en directo abiertas.\"}", third.body());
    assertEquals("30", third.response().headers().firstValue("Retry-After").orElse(""));
    first.close();
    awaitListeners(1);
    assertTrue(listen(DEVICES, "viewer").next().endsWith("event: hello\ndata: {}"));
  }

  @Test
  void somebody_on_a_trusted_network_listens_without_credentials() throws Exception {
    start(LiveSettings.DEFAULT);
    port.tokens.trusted =
        new Principal.Trusted("127.0.0.1", "operador", Set.of(Permission.VIEW_DEVICES));

    EventSource source = listen(DEVICES, "");

    assertTrue(source.next().endsWith("event: hello\ndata: {}"));
    port.tokens.trusted = null;
    clock.advance(Duration.ofSeconds(61));
    live.ring();
    source.next();
    assertTrue(source.hasEnded());
  }

  @Test
  void closing_the_server_ends_the_streams() throws Exception {
    start(LiveSettings.DEFAULT);
    EventSource source = listen(DEVICES, "viewer");
    source.next();

    live.close();

    assertTrue(source.hasEnded());
  }

  private void start(LiveSettings settings) {
    core =
        Core.start(
            Databases.SQLITE.newUrl(folder),
            clock,
            new DeviceStateDecoder(),
            new SensorDataDecoder());
    live =
        new LiveModule(
            core.devices,
            core.visibility,
            core.catalogue,
            core.readings,
            core.events,
            clock,
            settings,
            core.meters);
    port =
        new Port(
            api -> {
              live.addTo(api);
              new DispositivoRoutes(core.devices, core.visibility, core.messages).addTo(api);
            });
    live.start();
  }

  private EventSource listen(String path, String token, String... headers) throws Exception {
    EventSource source = EventSource.open(port.number, path, token, headers);
    sources.add(source);
    return source;
  }

  private EventSource stalled(String path) throws Exception {
    EventSource source = EventSource.stalled(port.number, path, "viewer");
    sources.add(source);
    return source;
  }

  private String ticket() throws Exception {
    return port.send("POST", "/api/stream/ticket", "viewer", "").json().path("ticket").asText();
  }

  private void awaitListeners(int count) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (core.meters.get("vatio.live.listeners").gauge().value() != count) {
      assertTrue(System.nanoTime() < until, "listeners");
      LockSupport.parkNanos(1_000_000);
    }
  }

  private Device device(String serial) {
    return core.devices
        .create(io.vatio.device.DeviceTemplate.unknown(serial), d -> reporting(d, 0))
        .orElseThrow();
  }

  private void publish(Device device, int n) {
    core.events.publish(new DeviceChanged(reporting(device, n)));
  }

  private static Device reporting(Device d, int n) {
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
        Json.object().put("n", n),
        d.configuration(),
        d.claimed(),
        d.operatorId(),
        d.lastSeen(),
        d.createdAt(),
        d.updatedAt());
  }

  private void state(String serial, String fields) throws Exception {
    accept("dispositivos/" + serial + "/estado", "{" + fields + "}").get(10, TimeUnit.SECONDS);
  }

  private void data(String serial, String payload) throws Exception {
    Receipt receipt = accept("iot/sensors/" + serial + "/data", payload).get(10, TimeUnit.SECONDS);
    assertTrue(receipt instanceof Receipt.Stored, receipt.toString());
  }

  private java.util.concurrent.CompletableFuture<Receipt> accept(String address, String payload) {
    return core.inbox.accept(
        RawMessage.of(
            Origin.MQTT,
            address,
            payload.getBytes(StandardCharsets.UTF_8),
            clock.instant(),
            new Principal.Anonymous("127.0.0.1")));
  }

  private static String id(String frame) {
    return frame.startsWith("id: ") ? frame.substring(4, frame.indexOf('\n')) : "";
  }

  private static String withoutId(String frame) {
    return frame.startsWith("id: ") ? frame.substring(frame.indexOf('\n') + 1) : frame;
  }

  private static long usedMemory() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
