package io.vatio.testing;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.ingest.ReadingPostRoutes;
import io.vatio.ingest.ReadingsStored;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import io.vatio.reading.LecturaRoutes;
import io.vatio.reading.Lecturas;
import io.vatio.reading.SeriesModule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;

/// The routes of `/api/readings/` on a real port, with two devices: 1 "Raspberry Pi - Sala" of the
/// operator with account 3, with the sensors 1 (temperature, -40 to 80) and 2 (humidity), and 2
/// "ESP32 - Cocina" of nobody, with sensor 1. Sensor 3 is assigned to nothing.
public final class LecturaServer implements AutoCloseable {
  public final Core core;
  public final SeriesModule series;
  public final Port port;

  public LecturaServer(Databases kind, Path folder, Clock clock) {
    String url = kind.newUrl(folder);
    try (Database database = Databases.open(url)) {
      seed(database);
    }
    core = Core.start(url, clock);
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
    core.events.subscribe(
        ReadingsStored.class, stored -> series.rollups().heard(stored.fromSeq(), stored.toSeq()));
    port =
        new Port(
            api -> {
              new ReadingPostRoutes(
                      new ReadingPostRoutes.Needs(
                          core.inbox,
                          core.devices,
                          core.visibility,
                          core.catalogue,
                          new Lecturas(core.readings),
                          _ -> Core.MADRID,
                          core.messages,
                          clock))
                  .addTo(api);
              new LecturaRoutes(
                      new LecturaRoutes.Needs(
                          core.devices,
                          core.visibility,
                          core.catalogue,
                          series,
                          core.audit,
                          core.messages,
                          Core.MADRID,
                          clock,
                          _ -> {}))
                  .addTo(api);
            });
    port.tokens.principals.put(
        "operador",
        new Principal.User(
            3,
            "operador1",
            false,
            "operador",
            EnumSet.of(Permission.CREATE_READINGS, Permission.VIEW_READINGS),
            Reach.OWN));
    port.tokens.principals.put("rpi", new Principal.Device(1, "RPI-SALA-001"));
  }

  private static void seed(Database database) {
    database.write(
        handle -> {
          handle.execute(
              """
              INSERT INTO site (name, timezone, currency, language, created_at)
              VALUES ('Principal', 'Europe/Madrid', 'EUR', 'es', 0)
              """);
          handle.execute(
              """
              INSERT INTO account (username, email, first_name, last_name, user_type,
                                   is_active, is_staff, is_superuser, created_at, updated_at)
              VALUES ('admin', '', '', '', 'interno', 1, 0, 1, 0, 0),
                     ('viewer', '', '', '', 'interno', 1, 0, 0, 0, 0),
                     ('operador1', '', '', '', 'interno', 1, 0, 0, 0, 0)
              """);
          handle.execute(
              """
              INSERT INTO device (site_id, serial, name, type, model, description, location,
                                  lifecycle_state, operating_state, parameters, configuration,
                                  claimed, operator_id, created_at, updated_at)
              VALUES (1, 'RPI-SALA-001', 'Raspberry Pi - Sala', 'raspberry_pi', '', '', 'Sala',
                      'activo', 'desconocido', '{}', '{}', 1, 3, 0, 0),
                     (1, 'ESP32-COCINA-001', 'ESP32 - Cocina', 'esp32', '', '', 'Cocina',
                      'activo', 'desconocido', '{}', '{}', 1, NULL, 0, 0)
              """);
          handle.execute(
              """
              INSERT INTO sensor (name, type, unit, range_min, range_max, state, description,
                                  automatic, created_at, updated_at)
              VALUES ('DHT22 - Temperatura', 'temperatura', '°C', -40, 80, 'activo', '', 0, 0, 0),
                     ('DHT22 - Humedad', 'humedad', '%', 0, 100, 'activo', '', 0, 0, 0),
                     ('LDR - Luz', 'luz', 'lux', 0, 1000, 'activo', '', 0, 0, 0)
              """);
          return handle.execute(
              """
              INSERT INTO series (device_id, sensor_id, key, configuration, active, assigned_at)
              VALUES (1, 1, 'temperatura', '{}', 1, 0), (1, 2, 'humedad', '{}', 1, 0),
                     (2, 1, 'temperatura', '{}', 1, 0)
              """);
        });
  }

  public Port.Answer post(String token, String body) throws IOException, InterruptedException {
    return port.send("POST", "/api/readings/", token, body);
  }

  public Port.Answer bulk(String token, String body) throws IOException, InterruptedException {
    return port.send("POST", "/api/readings/bulk/", token, body);
  }

  /// The JSON of a list that must be there, as the superuser.
  public JsonNode list(String query) throws IOException, InterruptedException {
    Port.Answer answer = port.get("/api/readings/" + query, "admin");
    if (answer.status() != 200) {
      throw new AssertionError(query + ": " + answer.status() + " " + answer.body());
    }
    return answer.json();
  }

  @Override
  public void close() {
    port.close();
    series.close();
    core.close();
  }
}
