package io.vatio.testing;

import io.vatio.account.People;
import io.vatio.device.DeviceAccessRevoked;
import io.vatio.device.DispositivoRoutes;
import io.vatio.device.ShareRoutes;
import io.vatio.ingest.Decoder;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.http.HttpApi;
import io.vatio.sensor.ThingsModule;
import io.vatio.site.SiteRoutes;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiConsumer;

/// Sensors, devices, sites and shares behind a real port, with six people: `admin` (1), `ana` (2)
/// and `beto` (3), who are operators, `viewer` (4), who sees everything and changes nothing,
/// `guest` (5), an external user, and `boss` (6), who manages all devices.
public final class Things implements AutoCloseable {
  private static final Set<Permission> OPERATOR =
      EnumSet.of(
          Permission.VIEW_SENSORS,
          Permission.MANAGE_SENSORS,
          Permission.VIEW_DEVICES,
          Permission.ASSIGN_SENSORS,
          Permission.CREATE_READINGS,
          Permission.VIEW_READINGS,
          Permission.VIEW_DASHBOARD);
  private static final Set<Permission> VIEWER =
      EnumSet.of(
          Permission.VIEW_SENSORS,
          Permission.VIEW_DEVICES,
          Permission.VIEW_READINGS,
          Permission.VIEW_DASHBOARD);

  public final Core core;
  public final Port port;
  public final ThingsModule module;

  /// Series whose interval was changed.
  public final List<Integer> intervals = new CopyOnWriteArrayList<>();

  /// The accounts, as other rooms see them.
  public final People people =
      new People() {
        @Override
        public Optional<Principal.User> find(long accountId) {
          return port.tokens.principals.values().stream()
              .filter(Principal.User.class::isInstance)
              .map(Principal.User.class::cast)
              .filter(user -> user.id() == accountId)
              .findFirst();
        }

        @Override
        public int count() {
          return 6;
        }
      };

  private Things(String url, Clock clock, BiConsumer<Things, HttpApi> more, Decoder... decoders) {
    core = Core.start(url, clock, decoders);
    core.events.subscribe(
        DeviceAccessRevoked.class,
        revoked -> {
          if (revoked.deleted()) {
            core.catalogue.forgetDevice(revoked.deviceId());
          }
        });
    core.database.write(
        handle -> {
          for (int id = 1; id <= 6; id++) {
            handle.execute(
                """
                INSERT INTO account (id, username, email, first_name, last_name, user_type,
                                     is_active, is_staff, is_superuser, created_at, updated_at)
                VALUES (?, ?, '', '', '', 'interno', 1, 0, 0, 0, 0)
                """,
                id,
                "user" + id);
          }
          return true;
        });
    module =
        new ThingsModule(
            new ThingsModule.Needs(
                core.devices,
                core.visibility,
                core.catalogue,
                core.sites,
                people,
                intervals::add,
                core.messages,
                clock));
    port =
        new Port(
            api -> {
              module.addTo(api);
              new ShareRoutes(core.devices, core.shares, core.visibility, core.sites, people, clock)
                  .addTo(api);
              new SiteRoutes(core.sites, core.visibility, clock).addTo(api);
              new DispositivoRoutes(core.devices, core.visibility, core.messages).addTo(api);
              more.accept(this, api);
            });
    port.tokens.principals.clear();
    port.tokens.principals.put(
        "admin", new Principal.User(1, "admin", true, "superusuario", Set.of(), Reach.ALL));
    port.tokens.principals.put("ana", user(2, "ana", OPERATOR, Reach.OWN));
    port.tokens.principals.put("beto", user(3, "beto", OPERATOR, Reach.OWN));
    port.tokens.principals.put("viewer", user(4, "viewer", VIEWER, Reach.ALL));
    port.tokens.principals.put("guest", user(5, "guest", VIEWER, Reach.SHARED));
    port.tokens.principals.put(
        "boss",
        user(6, "boss", EnumSet.of(Permission.VIEW_DEVICES, Permission.MANAGE_DEVICES), Reach.ALL));
  }

  public static Things start(Databases kind, Path folder, Clock clock, Decoder... decoders) {
    return new Things(kind.newUrl(folder), clock, (_, _) -> {}, decoders);
  }

  /// The same with more routes.
  public static Things start(
      Databases kind,
      Path folder,
      Clock clock,
      BiConsumer<Things, HttpApi> more,
      Decoder... decoders) {
    return new Things(kind.newUrl(folder), clock, more, decoders);
  }

  private static Principal.User user(long id, String name, Set<Permission> may, Reach reach) {
    return new Principal.User(id, name, false, name, may, reach);
  }

  /// Sends a request and checks the status of the answer.
  public Port.Answer send(int status, String method, String path, String who, String body) {
    try {
      Port.Answer answer = port.send(method, path, who, body);
      if (answer.status() != status) {
        throw new AssertionError(
            method + " " + path + ": " + answer.status() + " " + answer.body());
      }
      return answer;
    } catch (Exception e) {
      throw new IllegalStateException(method + " " + path, e);
    }
  }

  public Port.Answer get(String path, String who) {
    return send(200, "GET", path, who, "");
  }

  /// Creates a device in somebody's name; its number.
  public long device(String serial, String who) {
    return send(
            201,
            "POST",
            "/api/devices/",
            who,
            """
            {"nombre":"Equipo %s","tipo":"esp32","identificador_unico":"%s","ubicacion":"Sala"}
            """
                .formatted(serial, serial))
        .json()
        .path("id")
        .asLong();
  }

  /// Creates a sensor in somebody's name; its number.
  public long sensor(String name, String who) {
    return send(
            201,
            "POST",
            "/api/sensors/",
            who,
            """
            {"nombre":"%s","tipo":"temperatura","unidad_medida":"°C","rango_min":-40,"rango_max":80}
            """
                .formatted(name))
        .json()
        .path("id")
        .asLong();
  }

  @Override
  public void close() {
    port.close();
    core.close();
  }
}
