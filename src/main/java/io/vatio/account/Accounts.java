package io.vatio.account;

import io.vatio.audit.AuditLog;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// All accounts and roles: in memory for whoever asks, in the database for good.
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
  private final AccountStore store = new AccountStore();
  private final Map<Long, Account> byId = new ConcurrentHashMap<>();
  private final Map<String, Account> byName = new ConcurrentHashMap<>();
  private final Map<Long, Role> roles = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();
  private volatile LongConsumer accessChanged = _ -> {};

  private Accounts(Database database, Clock clock, AuditLog audit) {
    this.database = database;
    this.clock = clock;
    this.audit = audit;
  }

  /// Makes what every installation begins with, then reads all of it.
  static Accounts open(Database database, Clock clock, AuditLog audit) {
    Accounts accounts = new Accounts(database, clock, audit);
    accounts.load();
    return accounts;
  }

  private void load() {
    database.write(
        handle -> {
          store.seed(handle, database.dialect(), clock.instant());
          return true;
        });
    database.read(store::listRoles).forEach(role -> roles.put(role.id(), role));
    database.read(store::listAccounts).forEach(this::remember);
  }

  /// Whether this text can be the name of an account. Names of device credentials cannot.
  static boolean isUsername(String text) {
    return USERNAME.matcher(text).matches() && !DeviceDoor.isDeviceName(text);
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

  Optional<Account> findByName(String username) {
    return Optional.ofNullable(byName.get(key(username)));
  }

  Optional<Account> findByTelegramChat(String chat) {
    return byId.values().stream().filter(a -> chat.equals(a.telegramChat())).findFirst();
  }

  /// All of them, in the order they were made.
  List<Account> list() {
    return byId.values().stream().sorted(Comparator.comparingLong(Account::id)).toList();
  }

  Optional<Role> findRole(@Nullable Long id) {
    return id == null ? Optional.empty() : Optional.ofNullable(roles.get(id));
  }

  Optional<Role> findRoleByName(String name) {
    return roles.values().stream().filter(role -> role.name().equals(name)).findFirst();
  }

  /// Who an account is, with what it may do at this moment.
  Principal.User principal(Account account) {
    Optional<Role> role = findRole(account.roleId());
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

  /// Creates the first superuser.
  ///
  /// @return empty when there is an account already
  Optional<Account> createFirst(String username, String email, String hash) {
    changes.lock();
    try {
      Account draft = superuser(username, email);
      Optional<Account> created =
          database.write(
              handle ->
                  store.countAccounts(handle) > 0
                      ? Optional.<Account>empty()
                      : Optional.of(store.insert(handle, draft, hash)));
      created.ifPresent(this::remember);
      return created;
    } finally {
      changes.unlock();
    }
  }

  /// Names who is told the id of an account that may do something else than before, or nothing.
  void whenAccessChanged(LongConsumer listener) {
    accessChanged = listener;
  }

  /// Changes an account; takes effect on its next request, whatever tokens are around.
  ///
  /// @return the account as it is now, empty when it is gone
  Optional<Account> update(long id, Consumer<AccountDraft> change) {
    return replace(
        id,
        (handle, before, after) ->
            audit.updated(
                handle, target(after), AccountJson.audited(before), AccountJson.audited(after)),
        draft -> {
          change.accept(draft);
          draft.updatedAt = clock.instant();
        });
  }

  /// Links a Telegram chat with an account.
  ///
  /// @return whether nobody else has it and the account is there
  boolean linkTelegram(long id, String chat, @Nullable String telegramUsername) {
    changes.lock();
    try {
      if (findByTelegramChat(chat).filter(account -> account.id() != id).isPresent()) {
        return false;
      }
      return update(
              id,
              draft -> {
                draft.telegramChat = chat;
                draft.telegramUsername = telegramUsername;
                draft.telegramNotifications = true;
              })
          .isPresent();
    } finally {
      changes.unlock();
    }
  }

  /// Makes an account.
  ///
  /// @param hash of the password, null for an account that nobody can log in with yet
  Account create(AccountDraft draft, @Nullable String hash) {
    draft.createdAt = clock.instant();
    draft.updatedAt = draft.createdAt;
    changes.lock();
    try {
      Account account =
          database.write(
              handle -> {
                Account made = store.insert(handle, draft.done(), hash);
                audit.created(handle, target(made), AccountJson.audited(made));
                return made;
              });
      remember(account);
      return account;
    } finally {
      changes.unlock();
    }
  }

  private Optional<Account> replace(long id, AuditNote note, Consumer<AccountDraft> change) {
    changes.lock();
    try {
      Account before = byId.get(id);
      if (before == null) {
        return Optional.empty();
      }
      AccountDraft draft = AccountDraft.of(before);
      change.accept(draft);
      Account next = draft.done();
      database.write(
          handle -> {
            store.update(handle, next);
            note.write(handle, before, next);
            return true;
          });
      byName.remove(key(before.username()));
      remember(next);
      if (before.active() != next.active()
          || before.superuser() != next.superuser()
          || !Objects.equals(before.roleId(), next.roleId())) {
        accessChanged.accept(id);
      }
      return Optional.of(next);
    } finally {
      changes.unlock();
    }
  }

  /// Notes a login.
  Account loggedIn(Account account) {
    return replace(
            account.id(),
            (handle, _, after) ->
                audit.note(handle, AuditLog.Action.LOGIN, target(after), Json.object()),
            draft -> draft.lastLogin = clock.instant())
        .orElse(account);
  }

  private static AuditLog.Target target(Account account) {
    return AuditLog.Target.of("Usuario", account.id(), account.username());
  }

  /// What the audit log hears of a change, in its transaction.
  private interface AuditNote {
    void write(Handle handle, Account before, Account after);
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

  private Account superuser(String username, String email) {
    AccountDraft draft = new AccountDraft();
    draft.username = username;
    draft.email = email;
    draft.type = Account.INTERNAL;
    draft.roleId = Seeds.SUPERUSER_ROLE;
    draft.staff = true;
    draft.superuser = true;
    draft.createdAt = clock.instant();
    draft.updatedAt = draft.createdAt;
    return draft.done();
  }

  private void remember(Account account) {
    byId.put(account.id(), account);
    byName.put(key(account.username()), account);
  }

  private static String key(String username) {
    return username.toLowerCase(Locale.ROOT);
  }
}
