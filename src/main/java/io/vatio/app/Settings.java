package io.vatio.app;

import io.vatio.account.AccountSettings;
import io.vatio.audit.LogSettings;
import io.vatio.messaging.TelegramSettings;
import io.vatio.platform.db.DatabasePlace;
import io.vatio.platform.db.PostgresAddress;
import io.vatio.platform.http.HttpSettings;
import io.vatio.platform.mail.MailSettings;
import io.vatio.protocol.gateway.BrokerUrl;
import io.vatio.protocol.mqtt.DoorLimits;
import io.vatio.protocol.mqtt.TlsDoor;
import io.vatio.reading.ReadingSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How this server was told to run, checked and typed; made by [SettingsReader].
///
/// @param dataDir folder of database, keys and certificates
/// @param postgres URL with password, null for the embedded database
/// @param spoolBytes that may wait on our disk while PostgreSQL is away, 0 for none
/// @param readings how the store of readings works beside
/// @param publicUrl base of links without last slash, null: from the request
/// @param logs how long both logs are kept
/// @param mail how e-mail goes out, null for not at all
/// @param telegram the bot, null for none
/// @param jsonLogs whether log lines are JSON
/// @param demo whether this is a demonstration in a throw-away folder
/// @param shown every setting as `key = value (source)`, secrets masked
public record Settings(
    Path dataDir,
    @Nullable String postgres,
    long spoolBytes,
    ReadingSettings readings,
    HttpSettings http,
    @Nullable String publicUrl,
    Mqtt mqtt,
    Tls tls,
    AccountSettings accounts,
    LogSettings logs,
    SiteDefaults site,
    @Nullable MailSettings mail,
    @Nullable TelegramSettings telegram,
    boolean jsonLogs,
    boolean demo,
    List<String> shown) {
  public Settings {
    shown = List.copyOf(shown);
  }

  /// Where the PostgreSQL database is; a secret. Empty for the embedded database.
  public Optional<String> databaseUrl() {
    return Optional.ofNullable(postgres);
  }

  /// The database as work beside the server sees it.
  DatabasePlace database() {
    return postgres == null
        ? new DatabasePlace.SqliteFile(dataDir.resolve("vatio.db"))
        : new DatabasePlace.PostgresServer(PostgresAddress.parse(postgres));
  }

  /// Where MQTT comes in.
  ///
  /// @param port of plain MQTT, 0 = off
  /// @param tlsPort of MQTT over TLS, 0 = off
  /// @param anonymous whether devices without credentials are let in on the plain listener
  /// @param maxPacket bytes
  /// @param door what one address and one device may take
  /// @param keepAlive seconds, longest that is agreed
  /// @param sessions how long they are kept without a connection at most, zero = not at all
  /// @param other a broker to use instead, null for the embedded one; then the embedded listeners
  ///     are off unless their ports were named
  public record Mqtt(
      String host,
      int port,
      int tlsPort,
      boolean anonymous,
      int maxPacket,
      DoorLimits door,
      int keepAlive,
      Duration sessions,
      @Nullable OtherBroker other) {

    /// Whether the embedded broker is used at all.
    public boolean embedded() {
      return other == null || port != 0 || tlsPort != 0;
    }
  }

  /// What is shown and asked for over TLS.
  ///
  /// @param certificate of this server, null where it makes one itself
  /// @param key of that certificate, null likewise
  /// @param clientAuthority who signs the certificates of devices, null for the server's own
  public record Tls(
      @Nullable Path certificate,
      @Nullable Path key,
      TlsDoor.Clients clients,
      @Nullable Path clientAuthority) {}

  /// A broker that is not ours.
  ///
  /// @param authority certificates to trust, null for those of the system
  /// @param group of its shared subscription, empty for a plain one
  public record OtherBroker(BrokerUrl url, @Nullable Path authority, String group) {}

  /// What a new site begins with.
  ///
  /// @param language `es` or `en`
  /// @param currency ISO 4217
  public record SiteDefaults(ZoneId zone, String language, String currency) {}

  /// All settings with their sources, secrets masked.
  @Override
  public String toString() {
    return String.join("\n", shown);
  }
}
