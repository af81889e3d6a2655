package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.device.AccessNarrowed;
import io.vatio.device.DeviceTemplate;
import io.vatio.energy.ConsumptionDecoder;
import io.vatio.energy.EnergyRoutes;
import io.vatio.energy.MainMeter;
import io.vatio.ingest.DeviceStateDecoder;
import io.vatio.ingest.ImportModule;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.SensorDataDecoder;
import io.vatio.kernel.Principal;
import io.vatio.live.LiveModule;
import io.vatio.live.LiveSettings;
import io.vatio.platform.http.HttpApi;
import io.vatio.reading.SeriesModule;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.EventSource;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Things;
import io.vatio.wind.TurbineModel;
import io.vatio.wind.WindModule;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Whatever way leads to readings, an operator meets those of his devices and an external user
/// those of the devices that are shared with him.
class ReachTest {
  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2024-12-04T10:00:00Z");
  private Things things;
  private LiveModule live;
  private SeriesModule series;
  private ImportModule imports;
  private long own;
  private long his;

  @BeforeEach
  void start() throws Exception {
    things =
        Things.start(
            Databases.SQLITE,
            folder,
            clock,
            this::addTo,
            new ConsumptionDecoder(Core.MADRID),
            new SensorDataDecoder(),
            new DeviceStateDecoder());
    series.start();
    imports.start();
    live.start();
    own = things.device("A-1", "ana");
    his = things.device("B-1", "beto");
    report("A-1", "admin", 1);
    report("B-1", "admin", 2);
  }

  private void addTo(Things given, HttpApi api) {
    Core core = given.core;
    live =
        new LiveModule(
            core.devices,
            core.visibility,
            core.catalogue,
            core.readings,
            core.events,
            clock,
            LiveSettings.DEFAULT,
            core.meters);
    live.addTo(api);
    core.events.subscribe(AccessNarrowed.class, _ -> live.recheck());
    series =
        SeriesModule.open(
            new SeriesModule.Needs(
                core.database,
                core.devices,
                core.visibility,
                core.catalogue,
                core.readings,
                core.sites.defaultSite().id(),
                Core.MADRID,
                _ -> Core.MADRID,
                clock,
                core.audit,
                _ -> {}));
    series.addTo(api);
    imports =
        ImportModule.open(
            new ImportModule.Needs(
                folder.resolve("imports"),
                core.database,
                core.inbox,
                core.devices,
                core.messages,
                Core.MADRID,
                clock,
                core.audit,
                () -> false));
    imports.addTo(api);
    new EnergyRoutes(core.devices, core.visibility, core.catalogue, core.readings, Core.MADRID)
        .addTo(api);
    WindModule.open(
            TurbineModel.GENERIC,
            new WindModule.Needs(
                core.devices,
                core.visibility,
                core.catalogue,
                core.readings,
                Core.MADRID,
                clock,
                core.messages))
        .addTo(api, core.inbox);
  }

  @AfterEach
  void stop() {
    live.close();
    imports.close();
    series.close();
    things.close();
  }

  @Test
  void series_are_listed_asked_for_and_exported_within_reach() {
    assertEquals(List.of("A-1"), serials("/api/series/catalogo/", "ana"));
    assertEquals(List.of("B-1"), serials("/api/series/catalogo/", "beto"));
    assertEquals(List.of("A-1", "B-1"), serials("/api/series/catalogo/", "viewer"));
    assertEquals(List.of(), serials("/api/series/catalogo/", "guest"));
    assertEquals(
        List.of("A-1"), texts(things.get("/api/series/hoy/", "ana").json().path("serial_number")));
    things.send(400, "GET", "/api/series/?dispositivo=B-1&intervalo=1h", "ana", "");
    things.send(400, "GET", "/api/series/?dispositivo=" + his + "&intervalo=1h", "ana", "");
    things.send(400, "GET", "/api/series/?series=2&intervalo=1h", "ana", "");
    things.send(200, "GET", "/api/series/?series=1&intervalo=1h", "ana", "");
    assertEquals(
        1, things.get("/api/series/?sensor=temp&intervalo=1h", "ana").json().path("series").size());
    String file = things.get("/api/exports/readings/?hasta=2024-12-05", "ana").body();
    assertTrue(file.contains("A-1") && !file.contains("B-1"), file);
    things.send(403, "GET", "/api/series/catalogo/", "boss", "");

    things.send(201, "POST", "/api/devices/" + his + "/shares/", "beto", "{\"usuario\":5}");
    assertEquals(List.of("B-1"), serials("/api/series/catalogo/", "guest"));
  }

  @Test
  void corrections_are_for_whoever_has_the_device() {
    String body = "{\"timestamp\":\"2024-12-04T10:00:00Z\",\"valor\":3}";
    things.send(403, "POST", "/api/series/2/correcciones/", "ana", body);
    things.send(404, "GET", "/api/series/2/correcciones/", "ana", "");
    things.send(403, "POST", "/api/series/2/correcciones/", "viewer", body);

    long id =
        things
            .send(201, "POST", "/api/series/1/correcciones/", "ana", body)
            .json()
            .path(0)
            .path("id")
            .asLong();

    things.send(403, "DELETE", "/api/correcciones/" + id + "/", "beto", "");
    things.send(200, "DELETE", "/api/correcciones/" + id + "/", "ana", "");
  }

  @Test
  void nobody_sends_for_devices_of_others() throws Exception {
    assertTrue(report("A-1", "ana", 1) instanceof Receipt.Duplicate);
    assertTrue(report("B-1", "ana", 5) instanceof Receipt.Rejected);
    assertTrue(report("C-1", "ana", 5) instanceof Receipt.Stored);
    assertEquals(2L, things.core.devices.findBySerial("C-1").orElseThrow().operatorId());
    assertEquals(200, things.send(200, "GET", "/dispositivos/3", "ana", "").status());
    things.send(404, "GET", "/dispositivos/3", "guest", "");
  }

  @Test
  void a_file_writes_to_ones_own_devices_only() throws Exception {
    String csv =
        "timestamp,dispositivo,sensor,valor\n2024-12-01T10:00:00Z,A-1,temp,1\n2024-12-01T10:00:00Z,B-1,temp,1\n";
    long id = things.send(202, "POST", "/api/imports/", "ana", csv).json().path("id").asLong();

    JsonNode job = things.get("/api/imports/" + id + "/", "ana").json();
    for (int i = 0; i < 2_000 && !job.path("estado").asText().equals("terminada"); i++) {
      Thread.onSpinWait();
      job = things.get("/api/imports/" + id + "/", "ana").json();
    }

    assertEquals(1, job.path("guardadas").asInt(), job.toString());
    assertEquals(1, job.path("rechazadas").asInt(), job.toString());
    things.send(404, "GET", "/api/imports/" + id + "/", "beto", "");
  }

  @Test
  void the_main_meter_is_for_those_who_see_it() throws Exception {
    things.core.devices.ensure(List.of(MainMeter.template()));
    accept("energy/consumption", "1.5", "admin");

    assertEquals(1, things.get("/api/energy", "viewer").json().size());
    assertEquals(0, things.get("/api/energy", "ana").json().size());
    assertEquals(0, things.get("/api/energy", "guest").json().size());
  }

  @Test
  void a_park_adds_up_the_turbines_one_sees() throws Exception {
    things.core.devices.ensure(List.of(new DeviceTemplate("GEN-1", "", "", "", true)));
    assertEquals("[]", things.get("/datos-generadores/", "ana").body());
    assertEquals(
        things.get("/agregados/", "guest").json().path("total_produccion"),
        things.get("/agregados/", "ana").json().path("total_produccion"));
  }

  @Test
  void a_stream_tells_of_what_one_sees_and_ends_with_the_share() throws Exception {
    things.send(404, "GET", "/api/stream/?device=B-1", "guest", "");
    things.send(201, "POST", "/api/devices/" + his + "/shares/", "beto", "{\"usuario\":5}");
    try (EventSource devices = EventSource.open(things.port.number, "/stream/dispositivos", "ana");
        EventSource guest =
            EventSource.open(
                things.port.number, "/api/stream/?topics=devices&device=B-1", "guest")) {
      devices.next();
      guest.next();

      things.send(200, "PUT", "/dispositivos/" + his, "beto", "{\"nombre\":\"de beto\"}");
      things.send(200, "PUT", "/dispositivos/" + own, "ana", "{\"nombre\":\"de ana\"}");

      assertTrue(devices.next().contains("de ana"));
      assertTrue(guest.next().contains("de beto"));

      things.send(204, "DELETE", "/api/devices/" + his + "/shares/5/", "beto", "");

      assertTrue(guest.hasEnded());
    }
  }

  private Receipt report(String serial, String who, double value) throws Exception {
    return accept(
        "iot/sensors/" + serial + "/data",
        "{\"device_id\":\"%s\",\"sensors\":{\"temp\":%s},\"timestamp\":\"2024-12-04T10:00:00Z\"}"
            .formatted(serial, value),
        who);
  }

  private Receipt accept(String address, String body, String who) throws Exception {
    Principal sender = things.port.tokens.principals.get(who);
    return things
        .core
        .inbox
        .accept(
            RawMessage.of(
                Origin.MQTT,
                address,
                body.getBytes(StandardCharsets.UTF_8),
                clock.instant(),
                sender))
        .get(10, TimeUnit.SECONDS);
  }

  private List<String> serials(String path, String who) {
    List<String> serials = new ArrayList<>();
    things
        .get(path, who)
        .json()
        .path("results")
        .forEach(s -> serials.add(s.path("serial_number").asText()));
    return serials;
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(text -> texts.add(text.asText()));
    return texts;
  }
}
