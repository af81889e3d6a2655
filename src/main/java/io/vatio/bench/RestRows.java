package io.vatio.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.bench.LoadLoop.Result;
import io.vatio.bench.ServerProcess.Admin;
import io.vatio.platform.db.BeforeUpgrade;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.PostgresDatabase;
import io.vatio.platform.db.SqliteDatabase;
import io.vatio.platform.json.Json;
import io.vatio.protocol.simulator.Account;
import io.vatio.protocol.simulator.DeviceCredential;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.ToLongBiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The REST API: readings one by one and ten thousand at once, then what pages ask of them; ten
/// thousand devices, logins, and an audit log of a million lines. One thread.
final class RestRows {
  private static final String DATA = "rest";
  private static final int DEVICES = 50;
  private static final int SENSORS = 20;

  /// Readings of one request of the bulk load.
  private static final int BULK = 10_000;

  private static final int BULK_CONNECTIONS = 4;
  private static final int ASKED = 200;
  private static final int MANY_DEVICES = 10_000;
  private static final int AUDIT_LINES = 1_000_000;
  private static final int ROWS_OF_A_STATEMENT = 1_000;
  private static final long MILLION = 1_000_000;
  private static final Duration MAKE_SENSORS = Duration.ofMillis(50);
  private static final Duration CATCH_UP = Duration.ofMinutes(2);

  /// What the benchmark as a whole knows.
  ///
  /// @param metric the sum of a metric of the server, -1 where it has none
  /// @param device makes a device and its credential
  record Setting(
      Path folder,
      @Nullable String databaseUrl,
      Admin admin,
      Duration warmup,
      Duration measured,
      Instant now,
      Consumer<String> progress,
      ToLongBiFunction<Account, String> metric,
      Devices device) {}

  /// Makes a device.
  interface Devices {
    DeviceCredential make(Account account, String serial);
  }

  private final Setting setting;
  private final List<Row> rows = new ArrayList<>();

  RestRows(Setting setting) {
    this.setting = setting;
  }

  List<Row> rows() {
    Vertx vertx = Vertx.vertx();
    try {
      try (ServerProcess server = start();
          Account account = account(vertx, server)) {
        List<Device> devices = devices(server, account);
        row("rest: POST /api/readings/", name -> single(name, server, account, devices));
        row("rest: POST /api/readings/bulk/", name -> bulk(name, server, account, devices));
        row("rest: POST /api/auth/login/", name -> login(name, server));
        fill(server, devices);
        catchUp(server, account);
        askReadings(account, devices);
      }
      seed();
      try (ServerProcess server = start();
          Account account = account(vertx, server)) {
        askLists(account);
      }
    } finally {
      vertx.close();
    }
    return rows;
  }

  private ServerProcess start() {
    return ServerProcess.start(setting.folder(), DATA, setting.admin(), setting.databaseUrl());
  }

  private Account account(Vertx vertx, ServerProcess server) {
    return new Account(
        vertx, server.url(), null, setting.admin().user(), setting.admin().password());
  }

  /// A device with the ids of its sensors.
  private record Device(long id, DeviceCredential credential, List<Long> sensors) {}

  /// Devices announce their sensors over MQTT; the catalogue then tells the ids of both.
  private List<Device> devices(ServerProcess server, Account account) {
    Map<String, DeviceCredential> credentials = new LinkedHashMap<>();
    for (int i = 0; i < DEVICES; i++) {
      String serial = "REST-%02d".formatted(i);
      credentials.put(serial, setting.device().make(account, serial));
    }
    String sensors =
        IntStream.range(0, SENSORS)
            .mapToObj("\"s%02d_w\":1"::formatted)
            .collect(Collectors.joining(","));
    List<MqttLane> lanes = new ArrayList<>();
    credentials.forEach(
        (serial, credential) ->
            lanes.add(
                MqttLane.publishing(
                    "rest-" + serial,
                    credential,
                    "iot/sensors/" + serial + "/data",
                    "{\"sensors\":{%s},\"timestamp\":\"%s\"}"
                        .formatted(sensors, TimedBytes.TIME_SLOT),
                    setting.now().minus(Duration.ofDays(400)),
                    1,
                    1)));
    try (LoadLoop loop = LoadLoop.connect(server.mqtt(), lanes)) {
      loop.run(Duration.ZERO, MAKE_SENSORS, () -> 0);
    }
    Map<Long, List<Long>> sensorsOf = new LinkedHashMap<>();
    Map<Long, String> serials = new LinkedHashMap<>();
    for (int page = 1; page <= DEVICES * SENSORS / 50; page++) {
      JsonNode body = Json.parse(account.read("/api/series/catalogo/?search=REST-&page=" + page));
      for (JsonNode series : body.path("results")) {
        long id = series.path("dispositivo_id").asLong();
        serials.put(id, series.path("serial_number").asText());
        sensorsOf
            .computeIfAbsent(id, _ -> new ArrayList<>())
            .add(series.path("sensor_id").asLong());
      }
    }
    List<Device> devices = new ArrayList<>();
    serials.forEach(
        (id, serial) -> {
          DeviceCredential credential = credentials.get(serial);
          if (credential != null) {
            devices.add(new Device(id, credential, sensorsOf.getOrDefault(id, List.of())));
          }
        });
    if (devices.size() < DEVICES) {
      throw new BenchFailure(
          "only %d of %d devices have sensors".formatted(devices.size(), DEVICES));
    }
    return devices;
  }

  private Row single(String name, ServerProcess server, Account account, List<Device> devices) {
    List<HttpLane> lanes =
        devices.stream()
            .map(
                device ->
                    HttpLane.posting(
                        "/api/readings/",
                        device.credential(),
                        "{\"dispositivo\":%d,\"sensor\":%d,\"valor\":42.%s,\"timestamp\":\"%s\"}"
                            .formatted(
                                device.id(),
                                device.sensors().getFirst(),
                                TimedBytes.WALK_SLOT,
                                TimedBytes.TIME_SLOT),
                        setting.now().minus(Duration.ofHours(2)),
                        1))
            .toList();
    return load(
        name + ", %d connections".formatted(lanes.size()),
        server,
        account,
        lanes,
        "Basic credential in every request, checked and on disk before 201");
  }

  private Row bulk(String name, ServerProcess server, Account account, List<Device> devices) {
    return load(
        name + ", %d readings, %d connections".formatted(BULK, BULK_CONNECTIONS),
        server,
        account,
        bulkLanes(devices.subList(0, BULK_CONNECTIONS), setting.now().minus(Duration.ofDays(200))),
        "all in one commit or none");
  }

  private static List<HttpLane> bulkLanes(List<Device> devices, Instant from) {
    return devices.stream()
        .map(
            device ->
                HttpLane.posting(
                    "/api/readings/bulk/",
                    device.credential(),
                    body(device),
                    from,
                    1,
                    device.sensors().size()))
        .toList();
  }

  private static String body(Device device) {
    return IntStream.range(0, BULK)
        .mapToObj(
            i ->
                "{\"dispositivo\":%d,\"sensor\":%d,\"valor\":4%s.5,\"timestamp\":\"%s\"}"
                    .formatted(
                        device.id(),
                        device.sensors().get(i % device.sensors().size()),
                        TimedBytes.WALK_SLOT,
                        TimedBytes.TIME_SLOT))
        .collect(Collectors.joining(",", "{\"lecturas\":[", "]}"));
  }

  private Row login(String name, ServerProcess server) {
    String body =
        "{\"username\":\"%s\",\"password\":\"%s\"}"
            .formatted(setting.admin().user(), setting.admin().password());
    List<HttpLane> lanes =
        IntStream.range(0, 8)
            .mapToObj(_ -> HttpLane.posting("/api/auth/login/", null, body, setting.now(), 1))
            .toList();
    Result result;
    try (LoadLoop loop = LoadLoop.connect(server.http(), lanes)) {
      result = loop.run(setting.warmup(), setting.measured(), server::cpuNanos);
    }
    return LoadRow.of(name + ", 8 connections", result, "Argon2id, a new session each", -1);
  }

  private Row load(
      String name, ServerProcess server, Account account, List<HttpLane> lanes, String promise) {
    long before = setting.metric().applyAsLong(account, Bench.STORED_COUNTER);
    Result result;
    try (LoadLoop loop = LoadLoop.connect(server.http(), lanes)) {
      result = loop.run(setting.warmup(), setting.measured(), server::cpuNanos);
    }
    long stored = setting.metric().applyAsLong(account, Bench.STORED_COUNTER) - before;
    return LoadRow.of(name, result, promise, stored);
  }

  /// A million readings of the devices that had few until now.
  private void fill(ServerProcess server, List<Device> devices) {
    setting.progress().accept("rest: a million readings");
    List<HttpLane> lanes =
        bulkLanes(devices.subList(10, DEVICES), setting.now().minus(Duration.ofDays(100)));
    try (LoadLoop loop = LoadLoop.connect(server.http(), lanes)) {
      long acknowledged = 0;
      while (acknowledged * BULK < MILLION) {
        acknowledged =
            loop.run(Duration.ZERO, Duration.ofMillis(500), server::cpuNanos).acceptedInAll();
      }
    }
  }

  private void catchUp(ServerProcess server, Account account) {
    long limit = System.nanoTime() + CATCH_UP.toNanos();
    while (setting.metric().applyAsLong(account, "vatio_rollup_behind") > 2L * DEVICES * SENSORS
        && System.nanoTime() < limit) {
      server.idle(Duration.ofSeconds(1));
    }
  }

  private void askReadings(Account account, List<Device> devices) {
    long count = Json.parse(account.read("/api/readings/")).path("count").asLong();
    String note = "at %s readings".formatted(LoadRow.grouped(count));
    Device one = devices.getLast();
    String sensor = "dispositivo=%d&sensor=%d".formatted(one.id(), one.sensors().getFirst());
    long ofSensor = Json.parse(account.read("/api/readings/?" + sensor)).path("count").asLong();
    ask("rest: readings, page 1", account, note, _ -> "/api/readings/");
    ask(
        "rest: readings, a page in the middle",
        account,
        note,
        i -> "/api/readings/?page=" + Math.min(1_000_000, count / 100 + i));
    String[] cursor = {"/api/readings/?cursor="};
    ask(
        "rest: readings, from cursor to cursor",
        account,
        note,
        _ -> cursor[0],
        body -> cursor[0] = next(body));
    ask("rest: readings of one sensor, page 1", account, note, _ -> "/api/readings/?" + sensor);
    ask(
        "rest: readings of one sensor, a page in the middle",
        account,
        note,
        i -> "/api/readings/?%s&page=%d".formatted(sensor, Math.max(1, ofSensor / 100 + i % 10)));
    ask(
        "rest: statistics of one sensor",
        account,
        note,
        _ -> "/api/readings/estadisticas/?" + sensor);
    ask(
        "rest: statistics of one device",
        account,
        note,
        i -> "/api/readings/estadisticas/?dispositivo=" + devices.get(i % DEVICES).id());
  }

  private static String next(String body) {
    String next = Json.parse(body).path("next").asText("");
    int path = next.indexOf("/api/");
    return path < 0 ? "/api/readings/?cursor=" : next.substring(path);
  }

  private void askLists(Account account) {
    String devices = "at %s devices".formatted(LoadRow.grouped(MANY_DEVICES));
    ask("rest: devices, page 1", account, devices, _ -> "/api/devices/");
    ask("rest: devices, page 100", account, devices, _ -> "/api/devices/?page=100");
    ask("rest: devices, search", account, devices, i -> "/api/devices/?search=sala%20" + (i % 100));
    String lines = "at %s lines".formatted(LoadRow.grouped(AUDIT_LINES));
    ask("rest: audit log, page 1", account, lines, _ -> "/api/audit-logs/");
    ask("rest: audit log, page 10 000", account, lines, _ -> "/api/audit-logs/?page=10000");
    ask(
        "rest: audit log, one action",
        account,
        lines,
        i -> "/api/audit-logs/?action=" + (i % 2 == 0 ? "UPDATE" : "DELETE"));
    ask("rest: audit log, statistics", account, lines, _ -> "/api/audit-logs/stats/");
  }

  private void ask(String name, Account account, String note, IntFunction<String> path) {
    ask(name, account, note, path, _ -> {});
  }

  /// One question after the other, the first few of them uncounted.
  private void ask(
      String name,
      Account account,
      String note,
      IntFunction<String> path,
      Consumer<String> answer) {
    row(
        name,
        _ -> {
          LatencyHistogram latencies = new LatencyHistogram();
          for (int i = -ASKED / 10; i < ASKED; i++) {
            long from = System.nanoTime();
            String body = account.read(path.apply(Math.abs(i)));
            if (i >= 0) {
              latencies.record(System.nanoTime() - from);
            }
            answer.accept(body);
          }
          double p95 = Math.round(latencies.percentileNanos(0.95) / 1e4) / 100.0;
          return new Row(
              name,
              String.format(Locale.ROOT, "p95 %.2f ms", p95),
              latencies,
              -1,
              -1,
              "%d questions over HTTP, one after the other, %s".formatted(ASKED, note),
              Map.of("p95_ms", p95));
        });
  }

  /// Devices and lines of the audit log as years leave them behind, written beside the server.
  private void seed() {
    setting.progress().accept("rest: devices and audit log");
    try (Database database = open()) {
      seedDevices(database);
      seedAudit(database);
    }
  }

  private Database open() {
    String url = setting.databaseUrl();
    return url == null
        ? SqliteDatabase.open(
            setting.folder().resolve(DATA).resolve("vatio.db"), BeforeUpgrade.nothing())
        : PostgresDatabase.open(url, BeforeUpgrade.nothing());
  }

  private static void seedDevices(Database database) {
    String row =
        """
        (1, 'MANY-%d', 'Placa %d - Sala %d', 'esp32', '', '', 'Sala %d', 'activo', 'desconocido',
         '{}', '{}', 1, 0, 0)""";
    for (int from = 0; from < MANY_DEVICES; from += ROWS_OF_A_STATEMENT) {
      String values =
          IntStream.range(from, from + ROWS_OF_A_STATEMENT)
              .mapToObj(i -> row.formatted(i, i, i % 100, i % 100))
              .collect(Collectors.joining(","));
      database.write(
          handle ->
              handle.execute(
                  """
                  INSERT INTO device (site_id, serial, name, type, model, description, location,
                                      lifecycle_state, operating_state, parameters, configuration,
                                      claimed, created_at, updated_at)
                  VALUES\s"""
                      + values
                      + " ON CONFLICT DO NOTHING"));
    }
  }

  private static void seedAudit(Database database) {
    String[] actions = {"CREATE", "UPDATE", "DELETE"};
    String[] models = {"Dispositivo", "Sensor", "Lectura", "Usuario"};
    for (int from = 0; from < AUDIT_LINES; from += ROWS_OF_A_STATEMENT) {
      String values =
          IntStream.range(from, from + ROWS_OF_A_STATEMENT)
              .mapToObj(
                  i ->
                      "(%d, 1, 'user%d', '%s', '%s', '%d', 'x', '{}', '127.0.0.1', 'bench')"
                          .formatted(
                              i * 1_000_000L, i % 50, actions[i % 3], models[i % 4], i % 1_000))
              .collect(Collectors.joining(","));
      database.write(
          handle ->
              handle.execute(
                  """
                  INSERT INTO audit_log (at, account_id, username, action, model, object_id,
                                         object_name, changes, address, user_agent)
                  VALUES\s"""
                      + values));
    }
  }

  private void row(String name, Measurement measurement) {
    setting.progress().accept(name);
    try {
      rows.add(measurement.of(name));
    } catch (BenchFailure failure) {
      rows.add(Row.failed(name, failure));
    } catch (RuntimeException e) {
      rows.add(Row.failed(name, new BenchFailure(String.valueOf(e.getMessage()), e)));
    }
  }

  private interface Measurement {
    Row of(String name);
  }
}
