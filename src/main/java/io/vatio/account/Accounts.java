package io.vatio.account;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Actor;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import io.vatio.platform.json.Json;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// All accounts: in memory for whoever asks, in the database for good.
///
/// Reading is free of locks and never touches the database, so a request is checked against the
/// present state, not against the one in its token. Memory changes only after the commit.
final class Accounts implements People {
  static final int MAX_USERNAME_LENGTH = 150;

  /// What a user name is made of; the same as in the original.
  private static final Pattern USERNAME = Pattern.compile("[\\p{L}\\p{N}_.@+-]{1,150}");

  private final Database database;
  private final Clock clock;
  private final AuditLog audit;
  private final Roles roles;
  private final AccountStore store = new AccountStore();
  private final Map<Long, Account> byId = new ConcurrentHashMap<>();
  private final Map<String, Account> byName = new ConcurrentHashMap<>();
  private final Map<String, Account> byEmail = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();
  private volatile LongConsumer accessChanged = _ -> {};
  private volatile LongConsumer deleted = _ -> {};

  private Accounts(Database database, Clock clock, AuditLog audit) {
    this.database = database;
    this.clock = clock;
    this.audit = audit;
    this.roles = Roles.open(database, clock, audit);
  }

  /// Makes what every installation begins with, then reads all of it.
  static Accounts open(Database database, Clock clock, AuditLog audit) {
    Accounts accounts = new Accounts(database, clock, audit);
    database.read(accounts.store::listAccounts).forEach(accounts::remember);
    return accounts;
  }

  /// Whether this text can be the name of an account. Names of device credentials cannot.
  static boolean isUsername(String text) {
    return USERNAME.matcher(text).matches() && !DeviceDoor.isDeviceName(text);
  }

  Roles roles() {
    return roles;
  }

  boolean isEmpty() {
    return byId.isEmpty();
  }

  Optional<Account> findById(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  @Override
  public Optional<Principal.User> find(long accountId) {
    return findById(accountId).map(this::principal);
  }

  @Override
  public int count() {
    return byId.size();
  }

  /// Whose access token this is; empty for one from before the last change of the password.
  Optional<Account> find(Tokens.AccessClaims claims) {
    return findById(claims.accountId()).filter(a -> a.tokenVersion() == claims.version());
  }

  Optional<Account> findByName(String username) {
    return Optional.ofNullable(byName.get(key(username)));
  }

  Optional<Account> findByEmail(String email) {
    return Optional.ofNullable(byEmail.get(key(email)));
  }

  Optional<Account> findByTelegramChat(String chat) {
    return byId.values().stream().filter(a -> chat.equals(a.telegramChat())).findFirst();
  }

  /// All of them, in the order they were made.
  List<Account> list() {
    return byId.values().stream().sorted(Comparator.comparingLong(Account::id)).toList();
  }

  /// Who an account is, with what it may do at this moment.
  Principal.User principal(Account account) {
    Optional<Role> role = roles.findById(account.roleId());
    return new Principal.User(
        account.id(),
        account.username(),
        account.superuser(),
        role.map(Role::name).orElse(""),
        role.map(Role::permissions).orElse(Set.<Permission>of()),
        reach(account, role));
  }

  private static Reach reach(Account account, Optional<Role> role) {
    if (account.superuser()) {
      return Reach.ALL;
    }
    return account.type().equals(Account.EXTERNAL)
        ? Reach.SHARED
        : role.map(Role::reach).orElse(Reach.SHARED);
  }

  /// Names who is told the id of an account that may do something else than before, or nothing.
  void whenAccessChanged(LongConsumer listener) {
    accessChanged = listener;
  }

  /// Names who is told the id of an account that is gone.
  void whenDeleted(LongConsumer listener) {
    deleted = listener;
  }

  /// Looks and changes without anybody changing an account or a role in between.
  <T> T exclusively(Supplier<T> work) {
    changes.lock();
    try {
      return work.get();
    } finally {
      changes.unlock();
    }
  }

  /// Creates the first superuser.
  ///
  /// @return empty when there is an account already
  Optional<Account> createFirst(String username, String email, String hash) {
    AccountDraft draft = new AccountDraft();
    draft.username = username;
    draft.email = email;
    draft.type = Account.INTERNAL;
    draft.roleId = Seeds.SUPERUSER_ROLE;
    draft.staff = true;
    draft.superuser = true;
    return exclusively(
        () -> isEmpty() ? Optional.of(create(draft, hash)) : Optional.<Account>empty());
  }

  /// Makes an account, whose name and address nobody else has.
  ///
  /// @param hash of the password, null for an account that nobody can log in with yet
  Account create(AccountDraft draft, @Nullable String hash) {
    draft.createdAt = clock.instant();
    draft.updatedAt = draft.createdAt;
    return exclusively(
        () -> {
          Account account =
              database.write(
                  handle -> {
                    Account made = store.insert(handle, draft.done(), hash);
                    audit.created(handle, target(made), AccountJson.audited(made));
                    return made;
                  });
          remember(account);
          return account;
        });
  }

  /// Changes an account; takes effect on its next request, whatever tokens are around.
  ///
  /// @return the account as it is now, empty when it is gone
  Optional<Account> update(long id, Consumer<AccountDraft> change) {
    return replace(
        id,
        draft -> {
          change.accept(draft);
          draft.updatedAt = clock.instant();
        },
        (handle, before, after) -> {
          store.update(handle, after);
          audit.updated(
              handle, target(after), AccountJson.audited(before), AccountJson.audited(after));
        });
  }

  /// Notes a login.
  Account loggedIn(Account account) {
    return asSelf(
            account,
            () ->
                replace(
                    account.id(),
                    draft -> draft.lastLogin = clock.instant(),
                    (handle, _, after) -> {
                      store.update(handle, after);
                      audit.note(handle, AuditLog.Action.LOGIN, target(after), Json.object());
                    }))
        .orElse(account);
  }

  /// Notes a logout, in the transaction that ends the session.
  void loggedOut(Handle handle, Account account) {
    asSelf(
        account,
        () -> {
          audit.note(handle, AuditLog.Action.LOGOUT, target(account), Json.object());
          return true;
        });
  }

  /// Does something in the name of an account, for whoever has just proved to be its owner.
  <T> T asSelf(Account account, Supplier<T> work) {
    Actor self =
        Actor.current()
            .map(actor -> new Actor(principal(account), actor.address(), actor.userAgent()))
            .orElseGet(() -> new Actor(principal(account), "", ""));
    return self.doing(work::get);
  }

  /// Sets a new password and ends every session of the account.
  ///
  /// @return the account as it is now, empty when it is gone
  Optional<Account> setPassword(long id, String hash) {
    Optional<Account> changed =
        replace(
            id,
            draft -> {
              draft.tokenVersion++;
              draft.updatedAt = clock.instant();
            },
            (handle, _, after) -> {
              store.setPassword(handle, after, hash);
              ObjectNode changes = Json.object();
              // What it was and is stays out of the log; that it changed does not.
              changes.putObject("password").put("old", "********").put("new", "********");
              audit.note(handle, AuditLog.Action.UPDATE, target(after), changes);
            });
    changed.ifPresent(account -> accessChanged.accept(account.id()));
    return changed;
  }

  /// Links a Telegram chat with an account.
  ///
  /// @return whether nobody else has it and the account is there
  boolean linkTelegram(long id, String chat, @Nullable String telegramUsername) {
    return exclusively(
        () ->
            findByTelegramChat(chat).filter(account -> account.id() != id).isEmpty()
                && update(
                        id,
                        draft -> {
                          draft.telegramChat = chat;
                          draft.telegramUsername = telegramUsername;
                          draft.telegramNotifications = true;
                        })
                    .isPresent());
  }

  /// Deletes an account with its sessions and keys.
  void delete(Account account) {
    changes.lock();
    try {
      database.write(
          handle -> {
            store.delete(handle, account.id());
            audit.deleted(handle, target(account), AccountJson.audited(account));
            return true;
          });
      byId.remove(account.id());
      byName.remove(key(account.username()));
      byEmail.remove(key(account.email()));
      accessChanged.accept(account.id());
      deleted.accept(account.id());
    } finally {
      changes.unlock();
    }
  }

  /// Changes a role, and ends the sessions of those whose rights it changes.
  Role updateRole(Role before, Role.Draft draft) {
    return exclusively(
        () -> {
          Role after = roles.update(before, draft);
          if (!before.permissions().equals(after.permissions())
              || before.reach() != after.reach()) {
            byId.values().stream()
                .filter(account -> isOf(account, after))
                .forEach(account -> accessChanged.accept(account.id()));
          }
          return after;
        });
  }

  /// Whether somebody has this role.
  boolean isUsed(Role role) {
    return byId.values().stream().anyMatch(account -> isOf(account, role));
  }

  private static boolean isOf(Account account, Role role) {
    Long id = account.roleId();
    return id != null && id == role.id();
  }

  private Optional<Account> replace(long id, Consumer<AccountDraft> change, Writing writing) {
    changes.lock();
    try {
      Account before = byId.get(id);
      if (before == null) {
        return Optional.empty();
      }
      AccountDraft draft = AccountDraft.of(before);
      change.accept(draft);
      Account after = draft.done();
      database.write(
          handle -> {
            writing.write(handle, before, after);
            return true;
          });
      remember(after);
      if (!key(before.username()).equals(key(after.username()))) {
        byName.remove(key(before.username()));
      }
      if (!key(before.email()).equals(key(after.email()))) {
        byEmail.remove(key(before.email()));
      }
      if (before.active() != after.active() || !principal(before).equals(principal(after))) {
        accessChanged.accept(id);
      }
      return Optional.of(after);
    } finally {
      changes.unlock();
    }
  }

  /// What a change writes, in its transaction.
  private interface Writing {
    void write(Handle handle, Account before, Account after);
  }

  private static AuditLog.Target target(Account account) {
    return AuditLog.Target.of("Usuario", account.id(), account.username());
  }

  /// The hash of an account's password. Blocks.
  Optional<String> findHash(long id) {
    return database.read(handle -> store.findHash(handle, id));
  }

  /// Replaces a hash made with older parameters. Blocks.
  void replaceHash(long id, String before, String hash) {
    database.write(
        handle -> {
          store.replaceHash(handle, id, before, hash);
          return true;
        });
  }

  private void remember(Account account) {
    byId.put(account.id(), account);
    byName.put(key(account.username()), account);
    if (!account.email().isEmpty()) {
      byEmail.put(key(account.email()), account);
    }
  }

  private static String key(String text) {
    return text.toLowerCase(Locale.ROOT);
  }
}
