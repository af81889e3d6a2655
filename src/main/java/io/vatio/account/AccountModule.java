package io.vatio.account;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Authenticator;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.Cidr;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.schedule.Upkeep;
import io.vatio.platform.text.Messages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// Wires the room: accounts, tokens, keys and the door.
public final class AccountModule implements AutoCloseable {
  private static final Duration KEY_USE_EVERY = Duration.ofMinutes(1);

  private final AccountSettings settings;
  private final Clock clock;
  private final Messages messages;
  private final Passwords passwords;
  private final Accounts accounts;
  private final Throttle throttle;
  private final Logins logins;
  private final Tokens tokens;
  private final RefreshTokens refreshTokens;
  private final ApiKeys apiKeys;
  private final SetupCode setupCode;
  private final Contacts contacts;

  private final PasswordMail mail;
  private final IdCipher ids;
  private final Upkeep keyUse;
  private volatile LongConsumer deleted = _ -> {};

  private AccountModule(Needs needs, AccountSettings settings, Passwords passwords) {
    Database database = needs.database();
    this.settings = settings;
    this.clock = needs.clock();
    this.messages = needs.messages();
    this.passwords = passwords;
    this.accounts = Accounts.open(database, clock, needs.audit());
    this.throttle = new Throttle(clock);
    this.logins = new Logins(accounts, passwords, throttle, needs.audit());
    byte[] key = KeyFile.open(settings.keys().resolve("jwt.key"));
    this.tokens = new Tokens(key, clock);
    this.ids = new IdCipher(Secrets.derived(key, "account ids"));
    this.contacts =
        new Contacts(accounts, new Codes(database, Secrets.derived(key, "account codes"), clock));
    this.mail =
        new PasswordMail(accounts, contacts, needs.mailer(), messages, settings.publicUrl(), clock);
    this.refreshTokens = new RefreshTokens(database, tokens, clock);
    this.apiKeys = ApiKeys.open(database, accounts, clock, needs.audit());
    this.setupCode = new SetupCode(new SecureRandom());
    this.keyUse = new Upkeep("api-key-use", KEY_USE_EVERY, _ -> apiKeys.saveUse());
    accounts.whenDeleted(
        id -> {
          apiKeys.forgetOf(id);
          deleted.accept(id);
        });
  }

  /// What the room works with.
  public record Needs(
      Database database, Clock clock, Messages messages, AuditLog audit, Mailer mailer) {}

  /// Makes roles and permissions that are missing, the signing key, and the first superuser when
  /// the settings have a password for one. Blocks.
  ///
  /// @throws IllegalStateException with a sentence for the operator when the settings do not fit
  ///     the data
  public static AccountModule open(Needs needs, AccountSettings settings) {
    return open(needs, settings, new Passwords());
  }

  static AccountModule open(Needs needs, AccountSettings settings, Passwords passwords) {
    try {
      AccountModule module = new AccountModule(needs, settings, passwords);
      module.requireTrustedRole();
      module.separateDemo();
      module.createFirstSuperuser();
      module.keyUse.start();
      return module;
    } catch (RuntimeException e) {
      passwords.close();
      throw e;
    }
  }

  private void requireTrustedRole() {
    if (accounts.roles().findByName(settings.trustedRole()).isEmpty()) {
      throw new IllegalStateException(
          "VATIO_TRUSTED_ROLE: there is no role '%s'.".formatted(settings.trustedRole()));
    }
  }

  /// Data of a demonstration have a password that everybody knows; they never become data of a real
  /// installation, nor the other way round.
  private void separateDemo() {
    Path mark = settings.keys().resolve("demo");
    if (settings.demo() && accounts.isEmpty()) {
      try {
        Files.writeString(mark, "Made by 'vatio demo': its password is public.\n");
      } catch (IOException e) {
        throw new IllegalStateException("The data folder is not writable: " + e, e);
      }
    }
    if (settings.demo() && !Files.exists(mark)) {
      throw new IllegalStateException(
          "The data folder is one of real use; 'vatio demo' does not touch it. Leave VATIO_DATA_DIR away.");
    }
    if (!settings.demo() && Files.exists(mark)) {
      throw new IllegalStateException(
          "The data folder was made by 'vatio demo', whose password is public. Choose another VATIO_DATA_DIR.");
    }
  }

  private void createFirstSuperuser() {
    String password = settings.adminPassword();
    if (password != null && accounts.isEmpty()) {
      accounts.createFirst(settings.adminUser(), "", passwords.hash(password).join());
    }
  }

  /// The code that whoever opens the first page must know, for the start message; empty when there
  /// is an account already, and at the second call: afterwards only its hash is kept.
  public Optional<String> setupCode() {
    return accounts.isEmpty() ? setupCode.take() : Optional.empty();
  }

  /// The accounts, for rooms that name them.
  public People people() {
    return accounts;
  }

  /// For the rooms that give out tokens of their own.
  public Tokens tokens() {
    return tokens;
  }

  /// How to reach people, for the rooms that write to them.
  public Contacts contacts() {
    return contacts;
  }

  /// People and roles, for this room.
  Accounts accounts() {
    return accounts;
  }

  /// Names who is told the id of an API key that was revoked or has run out, to end the sessions it
  /// has open.
  public void whenKeyRevoked(LongConsumer listener) {
    apiKeys.whenRevoked(listener);
  }

  /// Names who is told the id of an account whose rights have changed, to end the sessions it has
  /// open; those of its API keys are told as [#whenKeyRevoked] does.
  public void whenAccessChanged(LongConsumer listener) {
    accounts.whenAccessChanged(
        id -> {
          listener.accept(id);
          apiKeys.endOf(id);
        });
  }

  /// Names who is told the id of an account that is gone.
  public void whenDeleted(LongConsumer listener) {
    deleted = listener;
  }

  /// Looks for keys that have run out; call it every second or so.
  public void endExpiredKeys() {
    apiKeys.endExpired();
  }

  /// The door for every protocol.
  public Authenticator authenticator(DeviceDoor devices, CertificateDoor certificates) {
    return new Gatekeeper(accounts, logins, tokens, apiKeys, devices, certificates, settings);
  }

  /// Adds set-up, login and API keys.
  public void addTo(HttpApi api) {
    AccountJson json = new AccountJson(accounts, messages);
    LoginRoutes login = new LoginRoutes(accounts, logins, tokens, refreshTokens, json);
    login.addTo(api);
    List<Cidr> trusted = settings.trustedNetworks();
    new SetupRoutes(
            accounts,
            passwords,
            throttle,
            setupCode,
            login,
            settings.demo(),
            address -> trusted.stream().anyMatch(network -> network.contains(address)))
        .addTo(api);
    new RegisterRoutes(accounts, passwords, tokens, login, settings.registrationOpen(), clock)
        .addTo(api);
    new PasswordRoutes(accounts, logins, passwords, contacts, mail, login, json, clock).addTo(api);
    new ProfileRoutes(accounts, json).addTo(api);
    new IdRoutes(accounts, ids, json).addTo(api);
    new UserRoutes(accounts, passwords, json).addTo(api);
    new RoleRoutes(accounts, json, settings.trustedRole()).addTo(api);
    new PermissionRoutes(accounts, json).addTo(api);
    new ApiKeyRoutes(apiKeys, clock).addTo(api);
  }

  @Override
  public void close() {
    mail.close();
    keyUse.close();
    apiKeys.saveUse();
    passwords.close();
  }
}
