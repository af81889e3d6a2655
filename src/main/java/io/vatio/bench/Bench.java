package io.vatio.bench;

import io.vatio.bench.LoadLoop.Result;
import io.vatio.bench.ServerProcess.Admin;
import io.vatio.protocol.simulator.Account;
import io.vatio.protocol.simulator.DeviceCredential;
import io.vatio.protocol.simulator.DeviceProfile;
import io.vatio.protocol.simulator.TargetProblem;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Every row of the table, in the order in which it is measured. One thread; nothing runs beside
/// the row being measured.
final class Bench {
  /// A group of rows that can be asked for alone.
  enum Part {
    DISK,
    START,
    MEMORY,
    MQTT,
    HTTP,
    REST,
    HISTORY,
    PEER
  }

  static final String STORED_COUNTER = "vatio_readings_stored_total";
  private static final int MANY = 50;
  private static final int IDLE_CONNECTIONS = 10_000;
  private static final int STARTS = 5;
  private static final Duration DISK_TIME = Duration.ofSeconds(3);
  private static final Duration SETTLE = Duration.ofSeconds(5);

  private final Path folder;
  private final Duration warmup;
  private final Duration measured;
  private final @Nullable String databaseUrl;
  private final long history;
  private final Clock clock;
  private final Consumer<String> progress;
  private final List<Row> rows = new ArrayList<>();
  private int loads;

  /// @param folder absolute and empty, in the file system to be measured; the caller removes it
  /// @param history readings to take in before questions are asked
  /// @param progress told what is being measured, before it starts
  Bench(
      Path folder,
      Duration warmup,
      Duration measured,
      @Nullable String databaseUrl,
      long history,
      Clock clock,
      Consumer<String> progress) {
    this.folder = folder;
    this.warmup = warmup;
    this.measured = measured;
    this.databaseUrl = databaseUrl;
    this.history = history;
    this.clock = clock;
    this.progress = progress;
  }

  List<Row> run(Set<Part> parts) {
    if (parts.contains(Part.DISK)) {
      disk();
    }
    if (parts.contains(Part.START)) {
      starts();
    }
    if (parts.contains(Part.MEMORY) || parts.contains(Part.MQTT) || parts.contains(Part.HTTP)) {
      row("server under load", () -> serverRows(parts));
    }
    if (parts.contains(Part.REST)) {
      row("rest", this::rest);
    }
    if (parts.contains(Part.HISTORY)) {
      row("history", this::history);
    }
    if (parts.contains(Part.PEER)) {
      row("mosquitto", this::peer);
    }
    return List.copyOf(rows);
  }

  private void disk() {
    for (int bytes : new int[] {4096, 20_000, 200_000}) {
      String name =
          "disk: append %s + fsync".formatted(bytes == 4096 ? "4 KiB" : bytes / 1000 + " KB");
      row(name, () -> rows.add(diskRow(name, DiskLimit.measure(folder, bytes, DISK_TIME))));
    }
  }

  private static Row diskRow(String name, DiskLimit.Ceiling ceiling) {
    return new Row(
        name,
        LoadRow.rate(ceiling.perSecond()),
        ceiling.latencies(),
        -1,
        -1,
        "at most %s rows/s of 20 bytes when each block is one commit"
            .formatted(LoadRow.grouped(ceiling.rowsPerSecond())),
        Map.of(
            "block_bytes", ceiling.blockBytes(),
            "per_s", Math.round(ceiling.perSecond()),
            "rows_per_s", Math.round(ceiling.rowsPerSecond())));
  }

  private void starts() {
    row(
        "start",
        () -> {
          Admin admin = admin();
          List<Start> first = new ArrayList<>();
          List<Start> second = new ArrayList<>();
          for (int i = 0; i < STARTS; i++) {
            first.add(start("start-" + i, admin));
            second.add(start("start-" + i, admin));
          }
          rows.add(startRow("start: empty data folder to first ready", first));
          rows.add(startRow("start: second start to first ready", second));
        });
  }

  /// @param cpuMs time on all cores until ready, which a busy machine does not stretch
  private record Start(long wallMs, long cpuMs) {}

  private Start start(String data, Admin admin) {
    try (ServerProcess server = ServerProcess.start(folder, data, admin, databaseUrl)) {
      return new Start(
          server.startTime().toMillis(), Duration.ofNanos(server.cpuNanos()).toMillis());
    }
  }

  private Row startRow(String name, List<Start> starts) {
    long[] wall = starts.stream().mapToLong(Start::wallMs).sorted().toArray();
    long[] cpu = starts.stream().mapToLong(Start::cpuMs).sorted().toArray();
    long median = wall[wall.length / 2];
    return Row.of(
        name,
        median + " ms",
        "median of %d, least %d ms; least CPU time %d ms%s"
            .formatted(
                wall.length,
                wall[0],
                cpu[0],
                databaseUrl == null ? "" : "; the database is kept between"),
        Map.of("median_ms", median, "least_ms", wall[0], "least_cpu_ms", cpu[0]));
  }

  private void serverRows(Set<Part> parts) {
    Admin admin = admin();
    Vertx vertx = Vertx.vertx();
    try (ServerProcess server = ServerProcess.start(folder, "load", admin, databaseUrl);
        Account account = new Account(vertx, server.url(), null, admin.user(), admin.password())) {
      // Nobody logs in before the idle server was measured: checking a password takes memory.
      if (parts.contains(Part.MEMORY)) {
        row("memory", () -> memory(server, account));
      }
      if (parts.contains(Part.MQTT)) {
        row("mqtt", () -> mqtt(server, account));
      }
      if (parts.contains(Part.HTTP)) {
        row("http", () -> http(server, account));
      }
      if (parts.contains(Part.MEMORY) && loads > 0) {
        server.idle(SETTLE);
        rows.add(
            residentRow(
                "memory: RSS 5 s after the load", server.residentKib(), "no collection forced"));
      }
    } finally {
      vertx.close();
    }
  }

  private void rest() {
    rows.addAll(
        new RestRows(
                new RestRows.Setting(
                    folder,
                    databaseUrl,
                    admin(),
                    warmup,
                    measured,
                    clock.instant(),
                    progress,
                    Bench::metric,
                    Bench::device))
            .rows());
  }

  private void history() {
    Admin admin = admin();
    Vertx vertx = Vertx.vertx();
    try (ServerProcess server = ServerProcess.start(folder, "history", admin, databaseUrl);
        Account account = new Account(vertx, server.url(), null, admin.user(), admin.password())) {
      rows.addAll(
          new History(
                  server,
                  account,
                  folder.resolve("history"),
                  clock.instant(),
                  history,
                  progress,
                  name -> metric(account, name))
              .rows(serial -> device(account, serial)));
    } finally {
      vertx.close();
    }
  }

  private void memory(ServerProcess server, Account account) {
    server.idle(SETTLE);
    OptionalLong idle = server.residentKib();
    rows.add(
        residentRow(
            "memory: RSS idle, 5 s after start", idle, "nobody connected, nobody logged in"));
    DeviceCredential device = device(account, "BENCH-IDLE");
    List<MqttLane> lanes =
        IntStream.range(0, IDLE_CONNECTIONS)
            .mapToObj(i -> MqttLane.idle("bench-idle-" + i, device))
            .toList();
    OptionalLong before = server.residentKib();
    try (LoadLoop _ = LoadLoop.connect(server.mqtt(), lanes)) {
      server.idle(SETTLE);
      OptionalLong after = server.residentKib();
      if (before.isPresent() && after.isPresent()) {
        double kib = (after.getAsLong() - before.getAsLong()) / (double) IDLE_CONNECTIONS;
        rows.add(
            Row.of(
                "memory: RSS per idle MQTT connection",
                String.format(Locale.ROOT, "%.1f KiB", kib),
                "%d connections, difference of RSS; includes code warmed up by connecting"
                    .formatted(IDLE_CONNECTIONS),
                Map.of("kib", Math.round(kib * 10) / 10.0, "connections", IDLE_CONNECTIONS)));
      }
    }
  }

  private static Row residentRow(String name, OptionalLong kib, String note) {
    if (kib.isEmpty()) {
      return Row.of(name, "unknown", "this system does not tell", Map.of());
    }
    double mib = kib.getAsLong() / 1024.0;
    return Row.of(
        name,
        String.format(Locale.ROOT, "%.0f MiB", mib),
        note,
        Map.of("mib", Math.round(mib * 10) / 10.0));
  }

  private void mqtt(ServerProcess server, Account account) {
    String mark = mark();
    List<DeviceCredential> devices =
        IntStream.range(0, MANY).mapToObj(i -> device(account, serial(mark, i))).toList();
    mqttRow(
        "mqtt: QoS 1 JSON, 50 connections x 20 in flight",
        server,
        account,
        () -> statusLanes(mark, devices::get, MANY, 20));
    mqttRow(
        "mqtt: QoS 1 JSON, 1 connection x 100 in flight",
        server,
        account,
        () -> statusLanes(mark, devices::get, 1, 100));
    mqttRow(
        "mqtt: QoS 1 number text, 1 connection x 100 in flight",
        server,
        account,
        () -> List.of(meterLane(account)));
  }

  private void mqttRow(
      String name, ServerProcess server, Account account, Supplier<List<MqttLane>> lanes) {
    row(
        name,
        () ->
            load(
                name,
                account,
                lanes,
                opened -> LoadLoop.connect(server.mqtt(), opened),
                server::cpuNanos,
                "on disk before PUBACK"));
  }

  /// The main meter's bare kilowatts, the smallest message there is: its time is its arrival.
  private MqttLane meterLane(Account account) {
    Long meter = account.deviceIds().get("medidor-principal");
    if (meter == null) {
      throw new BenchFailure("the server has no device medidor-principal");
    }
    return MqttLane.publishing(
        "bench-meter",
        account.newCredential(meter),
        "energy/consumption",
        "1." + TimedBytes.VALUE_SLOT,
        nextStart(),
        1,
        100);
  }

  private List<MqttLane> statusLanes(
      String mark, IntFunction<@Nullable DeviceCredential> credentials, int count, int window) {
    Instant start = nextStart();
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                MqttLane.publishing(
                    "bench-" + i,
                    credentials.apply(i),
                    "dispositivos/" + serial(mark, i) + "/estado",
                    "{\"serial_number\":\"%s\",\"parametros\":{\"potencia_w\":1%s.5},\"timestamp\":\"%s\"}"
                        .formatted(serial(mark, i), TimedBytes.VALUE_SLOT, TimedBytes.TIME_SLOT),
                    start,
                    1,
                    window))
        .toList();
  }

  private void http(ServerProcess server, Account account) {
    int firstId = 10_000 + Math.floorMod(clock.millis(), 900_000);
    List<DeviceCredential> turbines =
        IntStream.range(0, MANY).mapToObj(i -> device(account, "GEN-" + (firstId + i))).toList();
    for (int window : new int[] {1, 8}) {
      String name =
          "http: POST /generador/, 50 connections x %d".formatted(window)
              + (window > 1 ? " pipelined" : "");
      row(
          name,
          () ->
              load(
                  name,
                  account,
                  () -> turbineLanes(firstId, turbines, window),
                  lanes -> LoadLoop.connect(server.http(), lanes),
                  server::cpuNanos,
                  "Basic credential in every request, on disk before 201"));
    }
  }

  private List<HttpLane> turbineLanes(int firstId, List<DeviceCredential> turbines, int window) {
    Instant start = nextStart();
    return IntStream.range(0, turbines.size())
        .mapToObj(
            i ->
                HttpLane.posting(
                    "/generador/",
                    turbines.get(i),
                    ("{\"id\":%d,\"valor_produccion\":42.%s,\"velocidad_viento\":9.1,"
                            + "\"direccion_viento\":\"NE\",\"temperatura\":14.5,\"error\":false,"
                            + "\"timestamp\":\"%s\"}")
                        .formatted(firstId + i, TimedBytes.VALUE_SLOT, TimedBytes.TIME_SLOT),
                    start,
                    window))
        .toList();
  }

  private <L extends Lane> void load(
      String name,
      Account account,
      Supplier<List<L>> lanes,
      Function<List<L>, LoadLoop> connect,
      LongSupplier serverCpu,
      String promise) {
    long storedBefore = stored(account);
    Result result;
    try (LoadLoop loop = connect.apply(lanes.get())) {
      result = loop.run(warmup, measured, serverCpu);
    }
    loads++;
    long stored = stored(account) - storedBefore;
    rows.add(LoadRow.of(name, result, promise, stored));
  }

  private void peer() {
    Optional<Path> mosquitto = PeerBroker.findMosquitto();
    if (mosquitto.isEmpty()) {
      rows.add(
          Row.of(
              "peer: mosquitto", "absent", "no mosquitto on the PATH to compare with", Map.of()));
      return;
    }
    try (PeerBroker peer = PeerBroker.start(mosquitto.get(), folder)) {
      peerRow(peer, "peer: mosquitto, 50 connections x 20 in flight", MANY, 20);
      peerRow(peer, "peer: mosquitto, 1 connection x 100 in flight", 1, 100);
    }
  }

  private void peerRow(PeerBroker peer, String name, int connections, int window) {
    row(
        name,
        () -> {
          Result result;
          try (LoadLoop loop =
              LoadLoop.connect(peer.mqtt(), statusLanes(mark(), _ -> null, connections, window))) {
            result = loop.run(warmup, measured, peer::cpuNanos);
          }
          rows.add(
              LoadRow.of(
                  name,
                  result,
                  "acknowledges before disk: it stores nothing, nobody subscribes",
                  -1));
        });
  }

  private void row(String name, Runnable measurement) {
    progress.accept(name);
    try {
      measurement.run();
    } catch (BenchFailure failure) {
      rows.add(Row.failed(name, failure));
    } catch (TargetProblem problem) {
      rows.add(Row.failed(name, new BenchFailure(String.valueOf(problem.getMessage()), problem)));
    }
  }

  private static DeviceCredential device(Account account, String serial) {
    return account.newCredential(
        account.createDevice(
            new DeviceProfile(serial, serial, "generico", "bench", "Made by the benchmark")));
  }

  private static long stored(Account account) {
    long stored = metric(account, STORED_COUNTER);
    if (stored < 0) {
      throw new BenchFailure("the server's /metrics has no " + STORED_COUNTER);
    }
    return stored;
  }

  /// The sum of a metric over its labels, -1 when the server has none of that name.
  private static long metric(Account account, String name) {
    double sum = 0;
    boolean found = false;
    for (String line : account.read("/metrics").split("\n")) {
      if (line.startsWith(name)) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        found = true;
      }
    }
    return found ? Math.round(sum) : -1;
  }

  /// Loads run faster than time at one millisecond a message, so each starts hours before now, and
  /// no two loads share a moment.
  private Instant nextStart() {
    return clock.instant().minus(Duration.ofHours(2L * (loads + 1)));
  }

  private String mark() {
    return Long.toString(clock.millis(), Character.MAX_RADIX).toUpperCase(Locale.ROOT);
  }

  private static String serial(String mark, int number) {
    return "BENCH-%s-%02d".formatted(mark, number);
  }

  private static Admin admin() {
    return new Admin("bench", UUID.randomUUID().toString());
  }
}
