package io.vatio.app;

import io.vatio.account.AccountSettings;
import io.vatio.audit.LogSettings;
import io.vatio.messaging.TelegramSettings;
import io.vatio.platform.http.HttpSettings;
import io.vatio.platform.mail.MailSettings;
import io.vatio.platform.mail.SmtpMailer;
import io.vatio.platform.mail.SmtpUrl;
import io.vatio.protocol.gateway.BrokerUrl;
import io.vatio.protocol.mqtt.DoorLimits;
import io.vatio.protocol.mqtt.TlsDoor;
import io.vatio.reading.ReadingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Reads the settings: flags before environment variables before `vatio.yaml` before defaults.
///
/// Everything that is wrong is told at once. Nothing is changed or created here.
public final class SettingsReader {
  private static final String PREFIX = "VATIO_";

  /// Variables of the launcher, not of the server.
  private static final Set<String> LAUNCHER = Set.of("VATIO_JAVA_OPTIONS", "VATIO_CONFIG");

  static final String DEMO_PASSWORD = "admin123";
  private static final String LOOPBACK = "127.0.0.1";

  private final Path folder;
  private final Map<String, String> defaults = new HashMap<>();
  private final Map<SettingsRow<?>, Given> given = new HashMap<>();
  private final List<String> faults = new ArrayList<>();
  private final boolean demo;

  private SettingsReader(Path folder, boolean demo) {
    this.folder = folder;
    this.demo = demo;
    SettingsRows.ALL.forEach(
        row -> {
          if (row.fallback() != null) {
            defaults.put(row.key(), row.fallback());
          }
        });
  }

  /// Reads the settings of a server for real use.
  ///
  /// @param flags what stands behind the command, such as `--http-port 8080`
  /// @param environment all variables; only those with our prefix count
  /// @param folder the working directory
  /// @throws StartFailure naming everything that is wrong
  public static Settings run(List<String> flags, Map<String, String> environment, Path folder) {
    SettingsReader reader = new SettingsReader(folder, false);
    return reader.read(flags, environment);
  }

  /// Reads the settings of a demonstration: loopback only, throw-away data, a password that
  /// everybody knows. No `vatio.yaml` is looked for, for that one is about the real server.
  ///
  /// @param throwAway folder for the data unless another one is named
  /// @throws StartFailure naming everything that is wrong
  public static Settings demo(
      List<String> flags, Map<String, String> environment, Path folder, Path throwAway) {
    SettingsReader reader = new SettingsReader(folder, true);
    reader.defaults.put(SettingsRows.DATA_DIR.key(), throwAway.toString());
    reader.defaults.put(SettingsRows.HTTP_HOST.key(), LOOPBACK);
    reader.defaults.put(SettingsRows.MQTT_HOST.key(), LOOPBACK);
    reader.defaults.put(SettingsRows.ADMIN_PASSWORD.key(), DEMO_PASSWORD);
    return reader.read(flags, environment);
  }

  private Settings read(List<String> flags, Map<String, String> environment) {
    Optional<String> flaggedFile = readFlags(flags);
    readEnvironment(environment);
    readYaml(
        flaggedFile.or(
            () -> Optional.ofNullable(environment.get("VATIO_CONFIG")).filter(f -> !f.isEmpty())));
    Settings settings = settings();
    checkTogether(settings);
    if (!faults.isEmpty()) {
      throw new StartFailure(
          (faults.size() == 1 ? "A setting is wrong:" : faults.size() + " settings are wrong:")
              + faults.stream().map(fault -> "\n  - " + fault).collect(Collectors.joining())
              + "\ndocs/configuration.md describes all of them.");
    }
    return settings;
  }

  /// @return the configuration file, if one is named
  private Optional<String> readFlags(List<String> flags) {
    Map<String, SettingsRow<?>> rows = rows(SettingsRow::flag);
    Layer layer = new Layer("", "-file", rows, SettingsReader::flagOfKey);
    String file = null;
    for (int i = 0; i < flags.size(); i++) {
      String word = flags.get(i);
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      String value = equals < 0 ? null : word.substring(equals + 1);
      if (!name.startsWith("--")) {
        faults.add("'" + word + "' is not a flag; flags look like --http-port 8080");
        continue;
      }
      boolean valueFollows =
          value == null && i + 1 < flags.size() && !flags.get(i + 1).startsWith("--");
      if (valueFollows && !isBareSwitch(rows.get(name), flags.get(i + 1))) {
        i++;
        value = flags.get(i);
      }
      if (value == null && isSwitch(rows.get(name))) {
        value = "true";
      }
      if (value == null && (layer.knows(name) || name.equals("--config"))) {
        faults.add(name + " needs a value");
      } else if (name.equals("--config")) {
        file = value;
      } else {
        layer.put(name, value == null ? "" : value);
      }
    }
    layer.finish();
    return Optional.ofNullable(file);
  }

  private static boolean isSwitch(@Nullable SettingsRow<?> row) {
    return row != null && row.type().equals(SettingsType.SWITCH);
  }

  /// Whether a switch stands alone, for what follows is no value of a switch.
  private static boolean isBareSwitch(@Nullable SettingsRow<?> row, String next) {
    if (!isSwitch(row)) {
      return false;
    }
    try {
      SettingsType.SWITCH.read(next);
      return false;
    } catch (IllegalArgumentException _) {
      return true;
    }
  }

  private static String flagOfKey(String key) {
    return "--" + key.replace('.', '-').replace('_', '-');
  }

  private void readEnvironment(Map<String, String> environment) {
    Layer layer = new Layer("", "_FILE", rows(SettingsRow::variable), SettingsRow::variable);
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (name.startsWith(PREFIX) && !LAUNCHER.contains(name)) {
                layer.put(name, value);
              }
            });
    layer.finish();
  }

  private void readYaml(Optional<String> named) {
    Path path = folder.resolve(named.orElse(SettingsFile.NAME));
    if (named.isEmpty() && (demo || !Files.exists(path))) {
      return;
    }
    SettingsFile file;
    try {
      file = SettingsFile.read(path);
    } catch (IOException e) {
      faults.add(path + " cannot be read: " + SettingsFile.reason(e));
      return;
    }
    faults.addAll(file.faults());
    Layer layer = new Layer(path.getFileName() + ": ", "_file", rows(SettingsRow::key), key -> key);
    file.values().forEach(layer::put);
    layer.finish();
  }

  private static Map<String, SettingsRow<?>> rows(Function<SettingsRow<?>, String> name) {
    return SettingsRows.ALL.stream()
        .collect(Collectors.toMap(name, row -> row, (a, _) -> a, TreeMap::new));
  }

  /// One of the places that settings come from, with its own way to write their names.
  private final class Layer {
    private final String where;
    private final String fileSuffix;
    private final Map<String, SettingsRow<?>> rows;
    private final Map<String, SettingsRow<?>> files = new TreeMap<>();
    private final Map<String, String> later = new TreeMap<>();
    private final Map<SettingsRow<?>, Given> here = new HashMap<>();

    Layer(
        String where,
        String fileSuffix,
        Map<String, SettingsRow<?>> rows,
        UnaryOperator<String> nameOfKey) {
      this.where = where;
      this.fileSuffix = fileSuffix;
      this.rows = rows;
      rows.forEach(
          (name, row) -> {
            if (row.secret()) {
              files.put(name + fileSuffix, row);
            }
          });
      SettingsRows.LATER.forEach((key, what) -> later.put(nameOfKey.apply(key), what));
    }

    boolean knows(String name) {
      return rows.containsKey(name) || files.containsKey(name);
    }

    void put(String name, String value) {
      SettingsRow<?> row = rows.get(name);
      SettingsRow<?> ofFile = files.get(name);
      if (row != null) {
        add(row, new Given(where + name, value));
      } else if (ofFile != null) {
        contents(name, value).ifPresent(text -> add(ofFile, new Given(where + name, text)));
      } else if (isLater(name)) {
        faults.add(
            "%s is not available in this version (%s)".formatted(where + name, laterMeaning(name)));
      } else {
        faults.add("%s is not a setting%s".formatted(where + name, suggestion(name)));
      }
    }

    private void add(SettingsRow<?> row, Given value) {
      // An empty one is what composed environments write for "not set".
      if (value.text().isEmpty()) {
        return;
      }
      Given before = here.putIfAbsent(row, value);
      if (before != null) {
        faults.add(
            before.name().equals(value.name())
                ? value.name() + " is given twice"
                : "%s and %s: give only one of them".formatted(before.name(), value.name()));
      }
    }

    private Optional<String> contents(String name, String file) {
      if (file.isEmpty()) {
        return Optional.empty();
      }
      try {
        String text = SettingsFile.text(folder.resolve(file)).strip();
        if (text.isEmpty()) {
          throw new IOException("it is empty");
        }
        return Optional.of(text);
      } catch (IOException | InvalidPathException e) {
        faults.add(
            "%s: the file %s cannot be read: %s"
                .formatted(
                    name,
                    file,
                    e instanceof IOException io ? SettingsFile.reason(io) : "not a path"));
        return Optional.empty();
      }
    }

    private boolean isLater(String name) {
      return later.containsKey(name) || later.containsKey(withoutSuffix(name));
    }

    private String laterMeaning(String name) {
      String what = later.get(name);
      return what == null ? String.valueOf(later.get(withoutSuffix(name))) : what;
    }

    private String withoutSuffix(String name) {
      return name.endsWith(fileSuffix)
          ? name.substring(0, name.length() - fileSuffix.length())
          : name;
    }

    private String suggestion(String name) {
      return SettingsTypo.nearest(
              name, Stream.concat(rows.keySet().stream(), files.keySet().stream()))
          .map(known -> "; did you mean " + known + "?")
          .orElse("");
    }

    /// The layers come in order of precedence, so what is there stays.
    void finish() {
      here.forEach((row, value) -> given.putIfAbsent(row, value));
    }
  }

  private Settings settings() {
    Path dataDir = folder.resolve(require(SettingsRows.DATA_DIR));
    return new Settings(
        dataDir,
        value(SettingsRows.DATABASE_URL),
        (long) require(SettingsRows.SPOOL_SIZE) << 20,
        new ReadingSettings(Duration.ofSeconds(require(SettingsRows.SEAL_INTERVAL))),
        new HttpSettings(
            require(SettingsRows.HTTP_HOST),
            require(SettingsRows.HTTP_PORT),
            list(SettingsRows.TRUSTED_PROXIES),
            require(SettingsRows.MQTT_MAX_PACKET),
            HttpSettings.Limits.DEFAULT.withConnectionsPerAddress(
                require(SettingsRows.HTTP_CONNECTIONS))),
        value(SettingsRows.PUBLIC_URL),
        mqtt(),
        tls(),
        new AccountSettings(
            dataDir.resolve("keys"),
            require(SettingsRows.ADMIN_USER),
            value(SettingsRows.ADMIN_PASSWORD),
            list(SettingsRows.TRUSTED_NETWORKS),
            require(SettingsRows.TRUSTED_ROLE),
            require(SettingsRows.REGISTRATION).equals("open"),
            value(SettingsRows.PUBLIC_URL),
            demo),
        new LogSettings(
            require(SettingsRows.AUDIT_DAYS),
            require(SettingsRows.AUDIT_LINES),
            require(SettingsRows.ACCESS_DAYS),
            require(SettingsRows.ACCESS_LINES)),
        new Settings.SiteDefaults(
            require(SettingsRows.TIMEZONE),
            require(SettingsRows.LANGUAGE),
            require(SettingsRows.CURRENCY)),
        mail(),
        telegram(),
        require(SettingsRows.LOG_FORMAT).equals("json"),
        demo,
        SettingsRows.ALL.stream().map(this::shown).toList());
  }

  private @Nullable MailSettings mail() {
    SmtpUrl url = value(SettingsRows.SMTP_URL);
    Path authority = file(SettingsRows.SMTP_CA);
    String from = value(SettingsRows.MAIL_FROM);
    if (url == null) {
      if (authority != null && !given.containsKey(SettingsRows.SMTP_URL)) {
        faults.add("smtp.ca needs smtp.url");
      }
      return null;
    }
    if (from == null && url.user() != null && SmtpMailer.isAddress(url.user())) {
      from = url.user();
    }
    if (from == null) {
      faults.add("smtp.url needs mail.from, the address that mails come from");
      return null;
    }
    return new MailSettings(url, from, authority);
  }

  private @Nullable TelegramSettings telegram() {
    String token = value(SettingsRows.TELEGRAM_TOKEN);
    String bot = value(SettingsRows.TELEGRAM_BOT);
    String api = require(SettingsRows.TELEGRAM_API);
    return token == null
        ? null
        : new TelegramSettings(api, token, bot == null ? "" : bot.replaceFirst("^@", ""));
  }

  private Settings.Mqtt mqtt() {
    BrokerUrl url = value(SettingsRows.BROKER_URL);
    Path authority = file(SettingsRows.BROKER_CA);
    String group = value(SettingsRows.BROKER_GROUP);
    if (url == null && (authority != null || group != null)) {
      faults.add("broker.ca and broker.group need broker.url");
    }
    return new Settings.Mqtt(
        require(SettingsRows.MQTT_HOST),
        embeddedPort(url, SettingsRows.MQTT_PORT),
        embeddedPort(url, SettingsRows.MQTTS_PORT),
        require(SettingsRows.MQTT_ANONYMOUS),
        require(SettingsRows.MQTT_MAX_PACKET),
        DoorLimits.of(require(SettingsRows.MQTT_CONNECTIONS), require(SettingsRows.MQTT_RATE)),
        require(SettingsRows.MQTT_KEEP_ALIVE),
        Duration.ofHours(require(SettingsRows.MQTT_SESSION_HOURS)),
        url == null ? null : new Settings.OtherBroker(url, authority, group == null ? "" : group));
  }

  private Settings.Tls tls() {
    Path certificate = file(SettingsRows.TLS_CERT);
    Path key = file(SettingsRows.TLS_KEY);
    if ((certificate == null) != (key == null)) {
      faults.add("tls.cert and tls.key need each other");
    }
    Path clientAuthority = file(SettingsRows.MQTT_CLIENT_CA);
    TlsDoor.Clients clients =
        TlsDoor.Clients.valueOf(require(SettingsRows.MQTT_CLIENT_CERTS).toUpperCase(Locale.ROOT));
    if (clientAuthority != null && clients == TlsDoor.Clients.OFF) {
      faults.add("mqtt.client_ca needs mqtt.client_certs optional or required");
    }
    return new Settings.Tls(certificate, key, clients, clientAuthority);
  }

  private @Nullable Path file(SettingsRow<Path> row) {
    Path path = value(row);
    return path == null ? null : folder.resolve(path);
  }

  /// Another broker takes the place of the embedded one, whose listeners then have to be asked for.
  private int embeddedPort(@Nullable BrokerUrl other, SettingsRow<Integer> row) {
    return other != null && !given.containsKey(row) ? 0 : require(row);
  }

  private <T> @Nullable T value(SettingsRow<T> row) {
    Given value = given.get(row);
    String fallback = defaults.get(row.key());
    if (value != null) {
      try {
        return row.type().read(value.text());
      } catch (IllegalArgumentException e) {
        faults.add(
            "%s must be %s%s"
                .formatted(
                    value.name(),
                    e.getMessage(),
                    row.secret() ? "" : ", not '" + shortened(value.text()) + "'"));
      }
    }
    return fallback == null ? null : row.type().read(fallback);
  }

  private <T> T require(SettingsRow<T> row) {
    T value = value(row);
    if (value == null) {
      throw new IllegalStateException("setting without default: " + row.key());
    }
    return value;
  }

  private <T> List<T> list(SettingsRow<List<T>> row) {
    List<T> value = value(row);
    return value == null ? List.of() : value;
  }

  private String shown(SettingsRow<?> row) {
    Given value = given.get(row);
    String text = value == null ? defaults.get(row.key()) : value.text();
    String source = value == null ? "default" : value.name();
    String masked = text == null ? "none" : row.secret() ? "***" : text;
    return "%s = %s (%s)".formatted(row.key(), masked, source);
  }

  private static String shortened(String text) {
    return text.length() > 60 ? text.substring(0, 60) + "…" : text;
  }

  private void checkTogether(Settings settings) {
    List<Integer> ports =
        Stream.of(settings.http().port(), settings.mqtt().port(), settings.mqtt().tlsPort())
            .filter(port -> port != 0)
            .toList();
    if (ports.stream().distinct().count() < ports.size()) {
      faults.add(
          "http.port, mqtt.port and mqtts.port must differ: they are %s"
              .formatted(ports.stream().map(String::valueOf).collect(Collectors.joining(", "))));
    }
    if (demo) {
      checkDemo(settings);
    }
  }

  private void checkDemo(Settings settings) {
    for (String host : Arrays.asList(settings.http().host(), settings.mqtt().host())) {
      if (!isLoopback(host)) {
        faults.add(
            "'%s': the demo has a password that everybody knows and listens on 127.0.0.1 only; use 'vatio run' for a network"
                .formatted(host));
      }
    }
    if (settings.mqtt().other() != null) {
      faults.add("broker.url: the demo uses the embedded broker only");
    }
    if (settings.postgres() != null) {
      faults.add("database.url: the demo uses the embedded database only");
    }
    for (SettingsRow<?> row : List.of(SettingsRows.ADMIN_USER, SettingsRows.ADMIN_PASSWORD)) {
      Given own = given.get(row);
      if (own != null) {
        faults.add(
            own.name()
                + ": the demo logs in as admin / "
                + DEMO_PASSWORD
                + "; leave it away, or use 'vatio run'");
      }
    }
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("::1")
        || host.matches("127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}");
  }

  /// @param name of flag, variable or key
  private record Given(String name, String text) {
    /// Without the text, which may be a secret.
    @Override
    public String toString() {
      return name;
    }
  }
}
