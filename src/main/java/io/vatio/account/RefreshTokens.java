package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/// Which refresh tokens are still worth something. A token can be used once; the tokens that come
/// from one login are a family, and a token that comes back a second time ends its whole family:
/// one of the two who had it is a thief. Calls block.
final class RefreshTokens {
  private static final String INSERT =
      """
      INSERT INTO refresh_token (id, family, account_id, issued_at, expires_at)
      VALUES (:id, :family, :account, :now, :expires)
      """;

  // One statement decides who was first, on both databases.
  private static final String ROTATE =
      """
      UPDATE refresh_token
         SET rotated_at = :now
       WHERE id = :id AND rotated_at IS NULL AND revoked_at IS NULL AND expires_at > :now
      """;

  private static final String REVOKE_FAMILY =
      """
      UPDATE refresh_token
         SET revoked_at = :now
       WHERE revoked_at IS NULL
         AND family = (SELECT family FROM refresh_token WHERE id = :id)
      """;

  private final Database database;
  private final Tokens tokens;
  private final Clock clock;

  RefreshTokens(Database database, Tokens tokens, Clock clock) {
    this.database = database;
    this.tokens = tokens;
    this.clock = clock;
  }

  /// The first token of a new family.
  String issue(long accountId) {
    String family = tokens.newId();
    return database.write(
        handle -> {
          forgetExpired(handle);
          return insert(handle, family, accountId);
        });
  }

  /// Trades a token for the next one of its family.
  ///
  /// @return empty when it was used before, revoked or is unknown
  Optional<String> rotate(Tokens.RefreshClaims claims) {
    return database.write(
        handle -> {
          boolean first =
              handle.createUpdate(ROTATE).bind("id", claims.id()).bind("now", now()).execute() == 1;
          if (!first) {
            revokeFamily(handle, claims.id());
            return Optional.<String>empty();
          }
          String family =
              handle
                  .createQuery("SELECT family FROM refresh_token WHERE id = :id")
                  .bind("id", claims.id())
                  .mapTo(String.class)
                  .one();
          return Optional.of(insert(handle, family, claims.accountId()));
        });
  }

  /// Ends the family of a token.
  ///
  /// @param note written with it, if there was something to end
  void revoke(Tokens.RefreshClaims claims, Consumer<Handle> note) {
    database.write(
        handle -> {
          if (revokeFamily(handle, claims.id()) > 0) {
            note.accept(handle);
          }
          return true;
        });
  }

  private String insert(Handle handle, String family, long accountId) {
    String id = tokens.newId();
    Instant now = clock.instant();
    handle
        .createUpdate(INSERT)
        .bind("id", id)
        .bind("family", family)
        .bind("account", accountId)
        .bind("now", Micros.of(now))
        .bind("expires", Micros.of(now.plus(Tokens.REFRESH_LIFE)))
        .execute();
    return tokens.refresh(accountId, id, now);
  }

  private int revokeFamily(Handle handle, String id) {
    return handle.createUpdate(REVOKE_FAMILY).bind("id", id).bind("now", now()).execute();
  }

  private void forgetExpired(Handle handle) {
    handle
        .createUpdate("DELETE FROM refresh_token WHERE expires_at < :now")
        .bind("now", now())
        .execute();
  }

  private long now() {
    return Micros.of(clock.instant());
  }
}
