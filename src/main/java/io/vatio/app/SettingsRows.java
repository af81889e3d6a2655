package io.vatio.app;

import static io.vatio.app.SettingsRow.row;
import static io.vatio.app.SettingsRow.secret;

import io.vatio.platform.http.Cidr;
import io.vatio.platform.mail.SmtpUrl;
import io.vatio.protocol.gateway.BrokerUrl;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// All settings. `docs/configuration.md` is made from this table.
final class SettingsRows {
  static final SettingsRow<Path> DATA_DIR =
      row(
          "data.dir",
          SettingsType.PATH,
          "",
          "./data",
          "/var/lib/vatio",
          "Folder of the embedded database, the keys and the certificates. One server uses it at a time.");

  static final SettingsRow<String> DATABASE_URL =
      secret(
          "database.url",
          SettingsType.DATABASE,
          "postgresql://vatio:s3cret@db:5432/vatio",
          "PostgreSQL 15 or later to use instead of the embedded SQLite database.");

  static final SettingsRow<Integer> SPOOL_SIZE =
      row(
          "spool.size",
          SettingsType.wholeNumber("number", 0, 1 << 20),
          "MiB",
          "1024",
          "8192",
          "How much may wait in the data folder while the PostgreSQL server is away; acknowledged as on the disk, and taken into the database in order when it is back. 0: nothing waits, senders are told to try later. The embedded database needs none.");

  static final SettingsRow<Integer> SEAL_INTERVAL =
      row(
          "seal.interval",
          SettingsType.wholeNumber("number", 1, 86_400),
          "s",
          "300",
          "60",
          "How often new readings move to their compressed form in the embedded database. Less often is gentler to a memory card and takes more memory.");

  static final SettingsRow<String> HTTP_HOST =
      row(
          "http.host",
          SettingsType.HOST,
          "",
          "0.0.0.0",
          "127.0.0.1",
          "Address on which the page, the API and the sockets listen.");

  static final SettingsRow<Integer> HTTP_PORT =
      row(
          "http.port",
          SettingsType.PORT,
          "",
          "8000",
          "8080",
          "Port of the page, the API and the sockets; MQTT over WebSocket is at `/mqtt` there. 0 takes any free port.");

  static final SettingsRow<Integer> HTTP_CONNECTIONS =
      row(
          "http.connections_per_address",
          SettingsType.wholeNumber("number", 1, 10_000),
          "",
          "1000",
          "5000",
          "HTTP connections of one address (of IPv6: of its first 64 bits); `trusted.proxies` have no limit of their own. All together may have 10 000.");

  static final SettingsRow<String> MQTT_HOST =
      row(
          "mqtt.host",
          SettingsType.HOST,
          "",
          "0.0.0.0",
          "192.168.1.10",
          "Address on which the embedded MQTT broker listens, plain and TLS.");

  static final SettingsRow<Integer> MQTT_PORT =
      row(
          "mqtt.port",
          SettingsType.PORT,
          "",
          "1883",
          "2883",
          "Port of plain MQTT. 0 switches this listener off.");

  static final SettingsRow<Integer> MQTTS_PORT =
      row(
          "mqtts.port",
          SettingsType.PORT,
          "",
          "8883",
          "8884",
          "Port of MQTT over TLS. 0 switches this listener off.");

  static final SettingsRow<Path> TLS_CERT =
      row(
          "tls.cert",
          SettingsType.PATH,
          "",
          null,
          "/etc/letsencrypt/live/vatio/fullchain.pem",
          "Certificate of this server with its chain (PEM), made and renewed by somebody else. New contents are used within a minute. Without it the server makes one itself, see `mqtt.md`.");

  static final SettingsRow<Path> TLS_KEY =
      row(
          "tls.key",
          SettingsType.PATH,
          "",
          null,
          "/etc/letsencrypt/live/vatio/privkey.pem",
          "Private key of `tls.cert` (PEM, PKCS 8, EC or RSA).");

  static final SettingsRow<String> MQTT_CLIENT_CERTS =
      row(
          "mqtt.client_certs",
          SettingsType.oneOf("off", "optional", "required"),
          "",
          "off",
          "optional",
          "Whether devices on the TLS listener show certificates (`POST /api/devices/<id>/certificate/` makes them). `optional`: whoever has one needs no password; `required`: nobody else comes in there.");

  static final SettingsRow<Path> MQTT_CLIENT_CA =
      row(
          "mqtt.client_ca",
          SettingsType.PATH,
          "",
          null,
          "/etc/vatio/devices-ca.crt",
          "Authority (PEM) that signs the certificates of devices, instead of the server's own. The common name (CN) of a certificate is the serial number of its device.");

  static final SettingsRow<Boolean> MQTT_ANONYMOUS =
      row(
          "mqtt.anonymous",
          SettingsType.SWITCH,
          "",
          "false",
          "true",
          "Whether devices without credentials are let in on the plain MQTT listener. For old devices on a network that you trust.");

  static final SettingsRow<Integer> MQTT_MAX_PACKET =
      row(
          "mqtt.max_packet",
          SettingsType.wholeNumber("number", 1_024, 16 << 20),
          "bytes",
          "262144",
          "65536",
          "Largest MQTT packet that is taken; the sender of a larger one is disconnected.");

  static final SettingsRow<Integer> MQTT_CONNECTIONS =
      row(
          "mqtt.connections_per_address",
          SettingsType.wholeNumber("number", 1, 20_000),
          "",
          "1000",
          "5000",
          "MQTT connections of one address (of IPv6: of its first 64 bits). A tenth of it may be not logged in yet, and a tenth be opened every second after a first rush. Raise it where many devices share an address.");

  static final SettingsRow<Integer> MQTT_RATE =
      row(
          "mqtt.messages_per_second",
          SettingsType.wholeNumber("number", 1, 1_000_000),
          "",
          "10000",
          "100",
          "Messages that a device may publish in a second on a connection, at 1 KB each on average; beyond it the device is read more slowly. People and API keys have no such limit.");

  static final SettingsRow<Integer> MQTT_KEEP_ALIVE =
      row(
          "mqtt.keep_alive",
          SettingsType.wholeNumber("number", 1, 65_535),
          "seconds",
          "3600",
          "60",
          "Longest keep-alive that MQTT 5 clients are granted; they learn of it when they connect.");

  static final SettingsRow<Integer> MQTT_SESSION_HOURS =
      row(
          "mqtt.session_hours",
          SettingsType.wholeNumber("number", 0, 8_760),
          "hours",
          "168",
          "24",
          "How long subscriptions and waiting messages of an MQTT client that is away are kept at most. 0 keeps none.");

  static final SettingsRow<BrokerUrl> BROKER_URL =
      secret(
          "broker.url",
          SettingsType.BROKER,
          "mqtts://vatio:s3cret@broker:8883",
          "MQTT broker to use instead of the embedded one (Mosquitto, EMQX, HiveMQ and others); `mqtt`, `mqtts`, `ws` or `wss`. The embedded listeners are then off unless `mqtt.port` or `mqtts.port` is given too. What an acknowledgement means then: `mqtt.md`.");

  static final SettingsRow<Path> BROKER_CA =
      row(
          "broker.ca",
          SettingsType.PATH,
          "",
          null,
          "/etc/vatio/broker-ca.crt",
          "Certificates (PEM) to trust for `mqtts` and `wss`. Without it, those that the Java installation trusts.");

  static final SettingsRow<String> BROKER_GROUP =
      row(
          "broker.group",
          SettingsType.text("[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits and the signs _ . -"),
          "",
          null,
          "vatio",
          "Name of a shared subscription (`$share/<group>/…`) at that broker, for several servers that divide the messages among them. Needs MQTT 5 there. Without it, plain subscriptions, which keep the order of messages.");

  static final SettingsRow<String> ADMIN_USER =
      row(
          "admin.user",
          SettingsType.text(
              "(?!device_)[\\p{L}\\p{N}_.@+-]{1,150}",
              "1 to 150 letters, digits and the signs @ . + - _, not beginning with device_"),
          "",
          "admin",
          "ana",
          "Name of the first superuser. Counts only at the first start.");

  static final SettingsRow<String> ADMIN_PASSWORD =
      secret(
          "admin.password",
          SettingsType.text("(?s).{8,1024}", "8 to 1024 characters long"),
          "correct-horse-battery",
          "Password of the first superuser. Counts only at the first start; changing it later changes nothing. Without it the first start prints a one-time set-up code and the first page asks for it.");

  static final SettingsRow<List<Cidr>> TRUSTED_NETWORKS =
      row(
          "trusted.networks",
          SettingsType.NETWORKS,
          "",
          null,
          "192.168.1.0/24, fd00::/8",
          "Networks whose HTTP requests without credentials act as the role in `trusted.role`. For open clients on a home network. The address of the connection counts, see `trusted.proxies`.");

  static final SettingsRow<String> TRUSTED_ROLE =
      row(
          "trusted.role",
          SettingsType.text("[\\p{L}\\p{N}_-]{1,50}", "the name of a role, such as operador"),
          "",
          "operador",
          "solo_lectura",
          "Role of requests from the trusted networks.");

  static final SettingsRow<List<Cidr>> TRUSTED_PROXIES =
      row(
          "trusted.proxies",
          SettingsType.NETWORKS,
          "",
          null,
          "127.0.0.1",
          "Reverse proxies in front of this server. Only what they say in `X-Forwarded-For` is believed.");

  static final SettingsRow<String> REGISTRATION =
      row(
          "registration",
          SettingsType.oneOf("open", "closed"),
          "",
          "open",
          "closed",
          "Whether strangers can make accounts for themselves. Such an account is external and sees only what somebody shares with it.");

  static final SettingsRow<String> PUBLIC_URL =
      row(
          "public.url",
          SettingsType.WEB_ADDRESS,
          "",
          null,
          "https://vatio.example.org",
          "Base of links that leave the server. Without it, the address that the request was sent to.");

  static final SettingsRow<SmtpUrl> SMTP_URL =
      secret(
          "smtp.url",
          SettingsType.SMTP,
          "smtp://vatio:s3cret@mail.example.org:587",
          "Server that e-mail is handed to. `smtps`: TLS from the first byte (port 465); `smtp`: STARTTLS where the server has it (port 587). A password goes over the network only encrypted, unless the URL ends in `?starttls=optional`.");

  static final SettingsRow<Path> SMTP_CA =
      row(
          "smtp.ca",
          SettingsType.PATH,
          "",
          null,
          "/etc/vatio/mail-ca.crt",
          "Certificates (PEM) to trust for that server. Without it, those that the Java installation trusts.");

  static final SettingsRow<String> MAIL_FROM =
      row(
          "mail.from",
          SettingsType.MAIL_ADDRESS,
          "",
          null,
          "Vatio <vatio@example.org>",
          "Sender of e-mail. Without it, the user of `smtp.url` where that is an address.");

  static final SettingsRow<String> TELEGRAM_TOKEN =
      secret(
          "telegram.token",
          SettingsType.text("[A-Za-z0-9:_-]{1,200}", "the token of a bot, such as 123456:AbC-def"),
          "123456:AbC-def",
          "Token of the Telegram bot that links accounts, answers and carries alerts, see `notifications.md`.");

  static final SettingsRow<String> TELEGRAM_BOT =
      row(
          "telegram.bot",
          SettingsType.text("@?[A-Za-z0-9_]{1,64}", "the name of a bot, such as vatio_bot"),
          "",
          null,
          "vatio_bot",
          "Name of the bot, as people are told it. Without it, the server asks Telegram.");

  static final SettingsRow<String> TELEGRAM_API =
      row(
          "telegram.api",
          SettingsType.WEB_ADDRESS,
          "",
          "https://api.telegram.org",
          "http://127.0.0.1:8081",
          "Where the Telegram Bot API is; another one for a server of your own, or for tests.");

  static final SettingsRow<ZoneId> TIMEZONE =
      row(
          "timezone",
          SettingsType.ZONE,
          "",
          "Europe/Madrid",
          "America/Mexico_City",
          "Time zone of the first site: where its days begin and end.");

  static final SettingsRow<String> LANGUAGE =
      row(
          "language",
          SettingsType.oneOf("es", "en"),
          "",
          "es",
          "en",
          "Language of messages to those who ask for none.");

  static final SettingsRow<String> CURRENCY =
      row("currency", SettingsType.CURRENCY, "", "EUR", "MXN", "Currency of the first site.");

  static final SettingsRow<Integer> AUDIT_DAYS =
      row(
          "audit.days",
          SettingsType.wholeNumber("number", 1, 36_500),
          "days",
          "730",
          "3650",
          "How long the audit log keeps who changed what.");

  static final SettingsRow<Integer> AUDIT_LINES =
      row(
          "audit.lines",
          SettingsType.wholeNumber("number", 1_000, 100_000_000),
          "",
          "500000",
          "2000000",
          "Most lines of the audit log; the oldest go first, of failed logins before others. A line takes about 1 KB.");

  static final SettingsRow<Integer> ACCESS_DAYS =
      row(
          "access.days",
          SettingsType.wholeNumber("number", 1, 3_650),
          "days",
          "90",
          "14",
          "How long the access log keeps requests to the API and their statistics.");

  static final SettingsRow<Integer> ACCESS_LINES =
      row(
          "access.lines",
          SettingsType.wholeNumber("number", 1_000, 100_000_000),
          "",
          "200000",
          "1000000",
          "Most lines of the access log; the oldest go first, the statistics stay. A line takes about 1 KB.");

  static final SettingsRow<String> LOG_FORMAT =
      row(
          "log.format",
          SettingsType.oneOf("text", "json"),
          "",
          "text",
          "json",
          "Log lines for people, or one JSON object a line for machines. Logs go to standard error.");

  static final List<SettingsRow<?>> ALL =
      List.of(
          DATA_DIR,
          DATABASE_URL,
          SPOOL_SIZE,
          SEAL_INTERVAL,
          HTTP_HOST,
          HTTP_PORT,
          HTTP_CONNECTIONS,
          MQTT_HOST,
          MQTT_PORT,
          MQTTS_PORT,
          TLS_CERT,
          TLS_KEY,
          MQTT_CLIENT_CERTS,
          MQTT_CLIENT_CA,
          MQTT_ANONYMOUS,
          MQTT_MAX_PACKET,
          MQTT_CONNECTIONS,
          MQTT_RATE,
          MQTT_KEEP_ALIVE,
          MQTT_SESSION_HOURS,
          BROKER_URL,
          BROKER_CA,
          BROKER_GROUP,
          ADMIN_USER,
          ADMIN_PASSWORD,
          TRUSTED_NETWORKS,
          TRUSTED_ROLE,
          TRUSTED_PROXIES,
          REGISTRATION,
          PUBLIC_URL,
          SMTP_URL,
          SMTP_CA,
          MAIL_FROM,
          TELEGRAM_TOKEN,
          TELEGRAM_BOT,
          TELEGRAM_API,
          TIMEZONE,
          LANGUAGE,
          CURRENCY,
          AUDIT_DAYS,
          AUDIT_LINES,
          ACCESS_DAYS,
          ACCESS_LINES,
          LOG_FORMAT);

  /// Keys that later versions will have, and what they are for. Setting one now is an error: a
  /// server that took it would promise what it does not do.
  static final Map<String, String> LATER =
      new TreeMap<>(
          Map.of(
              "kafka", "the clustered mode",
              "sms.url", "text messages"));

  private SettingsRows() {}
}
