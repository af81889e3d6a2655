package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.platform.db.Database;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// All accounts and roles: in memory for whoever asks, in the database for good.
///
/// Reading is free of locks and never touches the database, so a request is checked against the
/// present state, not against the one in its token. Memory changes only after the commit.
final class Accounts {
  static final int MAX_USERNAME_LENGTH = 150;

  /// What a user name is made of; the same as in the original.
  private static final Pattern USERNAME = Pattern.compile("[\\p{L}\\p{N}_.@+-]{1,150}");

  private final Database database;
  private final Clock clock;
  private final AccountStore store = new AccountStore();
  private final Map<Long, Account> byId = new ConcurrentHashMap<>();
  private final Map<String, Account> byName = new ConcurrentHashMap<>();
  private final Map<Long, Role> roles = new ConcurrentHashMap<>();
  private final Lock changes = new ReentrantLock();
  private volatile LongConsumer accessChanged = _ -> {};

  private Accounts(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /// Makes what every installation begins with, then reads all of it.
  static Accounts open(Database database, Clock clock) {
    Accounts accounts = new Accounts(database, clock);
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

  Optional<Account> findByName(String username) {
    return Optional.ofNullable(byName.get(key(username)));
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
    return account.type().equals("externo")
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
  Optional<Account> update(long id, UnaryOperator<Account> change) {
    changes.lock();
    try {
      Account before = byId.get(id);
      if (before == null) {
        return Optional.empty();
      }
      Account next = change.apply(before);
      database.write(
          handle -> {
            store.update(handle, next);
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
    return update(
            account.id(),
            a ->
                new Account(
                    a.id(),
                    a.username(),
                    a.email(),
                    a.firstName(),
                    a.lastName(),
                    a.type(),
                    a.roleId(),
                    a.active(),
                    a.staff(),
                    a.superuser(),
                    a.createdAt(),
                    a.updatedAt(),
                    clock.instant()))
        .orElse(account);
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
    var now = clock.instant();
    return new Account(
        0,
        username,
        email,
        "",
        "",
        "interno",
        Seeds.SUPERUSER_ROLE,
        true,
        true,
        true,
        now,
        now,
        null);
  }

  private void remember(Account account) {
    byId.put(account.id(), account);
    byName.put(key(account.username()), account);
  }

  private static String key(String username) {
    return username.toLowerCase(Locale.ROOT);
  }
}
