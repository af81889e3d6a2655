package io.vatio.messaging;

import io.vatio.account.AccountModule;
import io.vatio.account.AccountSettings;
import io.vatio.account.Contacts;
import io.vatio.alert.AlertRoutes;
import io.vatio.alert.Alerts;
import io.vatio.energy.ConsumptionDecoder;
import io.vatio.ingest.SensorDataDecoder;
import io.vatio.platform.db.Database;
import io.vatio.platform.mail.MailSettings;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.mail.SmtpMailer;
import io.vatio.platform.mail.SmtpUrl;
import io.vatio.testing.BotApiServer;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import io.vatio.testing.SmtpServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The room behind a real port, with five people whose bearer tokens are their names: `admin`
/// (superuser), `ana` and `luis` (operators), `eva` (external), `nadie` (without an address).
final class MessagingServer implements AutoCloseable {
  static final long ADMIN = 1;
  static final long ANA = 2;
  static final long LUIS = 3;
  static final long EVA = 4;
  static final long NADIE = 5;

  private static final String INSERT =
      """
      INSERT INTO account (username, email, password_hash, first_name, last_name, user_type,
                           role_id, is_active, is_staff, is_superuser, created_at, updated_at)
      VALUES (:name, :email, NULL, :first, '', :type,
              (SELECT id FROM role WHERE name = :role), 1, 0, :superuser, 0, 0)
      """;

  final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  final Core core;
  final Contacts contacts;
  final Alerts alerts;
  final Port port;
  private final AccountModule accounts;
  private final MessagingModule messaging;

  private MessagingServer(
      Path folder, String databaseUrl, @Nullable SmtpServer smtp, @Nullable BotApiServer bot) {
    Database database = Databases.open(databaseUrl);
    core = Core.on(database, clock, new ConsumptionDecoder(Core.MADRID), new SensorDataDecoder());
    AccountSettings settings =
        new AccountSettings(
            folder.resolve("keys"), "admin", null, List.of(), "operador", true, null, false);
    if (isEmpty(database)) {
      accounts(database, settings).close();
      fill(database);
    }
    accounts = accounts(database, settings);
    contacts = accounts.contacts();
    alerts = new Alerts(database, core.events, core.audit, clock);
    Mailer mailer =
        smtp == null
            ? Mailer.NONE
            : SmtpMailer.open(
                new MailSettings(SmtpUrl.parse(smtp.url()), "Vatio <vatio@example.org>", null),
                clock);
    messaging =
        new MessagingModule(
            new MessagingModule.Needs(
                database,
                contacts,
                core.visibility,
                core.catalogue,
                core.readings,
                alerts,
                core.events,
                core.audit,
                mailer,
                bot == null ? null : new TelegramSettings(bot.url(), BotApiServer.TOKEN, ""),
                "https://vatio.example.org",
                core.messages,
                "es",
                Core.MADRID,
                core.meters,
                clock));
    port =
        new Port(
            api -> {
              messaging.addTo(api);
              new AlertRoutes(alerts).addTo(api);
            });
    contacts
        .list()
        .forEach(
            contact ->
                port.tokens.principals.put(
                    contact.username(), contacts.principal(contact.id()).orElseThrow()));
    messaging.start();
  }

  private AccountModule accounts(Database database, AccountSettings settings) {
    return AccountModule.open(
        new AccountModule.Needs(database, clock, core.messages, core.audit, Mailer.NONE), settings);
  }

  static MessagingServer start(
      Path folder, String databaseUrl, @Nullable SmtpServer smtp, @Nullable BotApiServer bot) {
    return new MessagingServer(folder, databaseUrl, smtp, bot);
  }

  static MessagingServer start(Path folder, @Nullable SmtpServer smtp, @Nullable BotApiServer bot) {
    return start(folder, Databases.SQLITE.newUrl(folder), smtp, bot);
  }

  private static boolean isEmpty(Database database) {
    return database.read(
        handle -> handle.createQuery("SELECT count(*) FROM account").mapTo(Long.class).one() == 0);
  }

  private static void fill(Database database) {
    insert(database, "admin", "admin@example.org", "Ada", "interno", "superusuario", 1);
    insert(database, "ana", "ana@example.org", "<b>Ana</b>\u202E & Co", "interno", "operador", 0);
    insert(database, "luis", "luis@example.org", "", "interno", "solo_lectura", 0);
    insert(database, "eva", "eva@example.org", "Eva", "externo", "solo_lectura", 0);
    insert(database, "nadie", "", "", "interno", "operador", 0);
  }

  private static void insert(
      Database database,
      String name,
      String email,
      String first,
      String type,
      String role,
      int superuser) {
    database.write(
        handle ->
            handle
                .createUpdate(INSERT)
                .bind("name", name)
                .bind("email", email)
                .bind("first", first)
                .bind("type", type)
                .bind("role", role)
                .bind("superuser", superuser)
                .execute());
  }

  Port.Answer post(String path, String token, String body) {
    return send("POST", path, token, body);
  }

  Port.Answer get(String path, String token) {
    return send("GET", path, token, "");
  }

  private Port.Answer send(String method, String path, String token, String body) {
    try {
      return port.send(method, path, token, body);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Proves that the addresses of these people are theirs.
  void verify(long... ids) {
    for (long id : ids) {
      contacts.verifyEmail(id, contacts.findById(id).orElseThrow().email());
    }
  }

  /// What the audit log says of these things, oldest first.
  List<String> audited(String model) {
    return core.database.read(
        handle ->
            handle
                .createQuery(
                    "SELECT username || ' ' || action || ' ' || changes FROM audit_log"
                        + " WHERE model = :model ORDER BY id")
                .bind("model", model)
                .mapTo(String.class)
                .list());
  }

  @Override
  public void close() {
    messaging.close();
    port.close();
    accounts.close();
    core.close();
  }
}
