package io.vatio.account;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// The codes that were sent to people. Only their keyed fingerprints are kept; each is good once,
/// for its time, and for [#MAX_FAILURES] wrong guesses. Calls block.
final class Codes {
  static final int MAX_FAILURES = 10;

  private static final String HEX = "0123456789ABCDEF";
  private static final int MAX_LENGTH = 200;

  private static final String REPLACE =
      """
      INSERT INTO account_code (account_id, purpose, hash, subject, created_at, expires_at)
      VALUES (:account, :purpose, :hash, :subject, :now, :expires)
      ON CONFLICT (account_id, purpose) DO UPDATE
         SET hash = :hash, subject = :subject, created_at = :now, expires_at = :expires,
             used_at = NULL, failures = 0
      """;

  private static final String FIND =
      """
      SELECT account_id, hash, subject, created_at, expires_at, used_at, failures
        FROM account_code
       WHERE purpose = :purpose
      """;

  // One statement decides who was first, on both databases.
  private static final String USE =
      """
      UPDATE account_code
         SET used_at = :now
       WHERE hash = :hash AND used_at IS NULL
      """;

  private static final String FAIL =
      """
      UPDATE account_code
         SET failures = failures + 1
       WHERE account_id = :account AND purpose = :purpose
      """;

  private static final String DROP =
      """
      DELETE FROM account_code
       WHERE account_id = :account AND purpose = :purpose
      """;

  private final Database database;
  private final byte[] key;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  Codes(Database database, byte[] key, Clock clock) {
    this.database = database;
    this.key = key.clone();
    this.clock = clock;
  }

  /// Makes a code, in place of the one that was there; the only time that it is known.
  String make(long accountId, CodePurpose purpose, String subject) {
    String code =
        purpose == CodePurpose.TELEGRAM
            ? Secrets.text(random, purpose.length(), HEX)
            : Secrets.text(random, purpose.length());
    Instant now = clock.instant();
    database.write(
        handle ->
            handle
                .createUpdate(REPLACE)
                .bind("account", accountId)
                .bind("purpose", purpose.word())
                .bind("hash", fingerprint(purpose, code))
                .bind("subject", subject)
                .bind("now", Micros.of(now))
                .bind("expires", Micros.of(now.plus(purpose.life())))
                .execute());
    return code;
  }

  /// Holds a code against the one that this person was sent; a wrong one counts as a guess.
  CodeCheck check(long accountId, CodePurpose purpose, String code, boolean use) {
    return database.write(
        handle -> {
          Optional<Row> row = findByAccount(handle, accountId, purpose);
          if (row.isEmpty() || row.get().used()) {
            return new CodeCheck.Missing();
          }
          boolean right = row.get().hash().equals(fingerprint(purpose, code));
          if (!right) {
            handle
                .createUpdate(FAIL)
                .bind("account", accountId)
                .bind("purpose", purpose.word())
                .execute();
          }
          return right ? verdict(handle, row.get(), use) : new CodeCheck.Wrong();
        });
  }

  /// Finds out whom a code was sent to.
  CodeCheck check(CodePurpose purpose, String code, boolean use) {
    return database.write(
        handle -> {
          Optional<Row> row =
              handle
                  .createQuery(FIND + " AND hash = :hash")
                  .bind("purpose", purpose.word())
                  .bind("hash", fingerprint(purpose, code))
                  .map((found, _) -> row(found))
                  .findOne();
          return row.isEmpty() || row.get().used()
              ? new CodeCheck.Wrong()
              : verdict(handle, row.get(), use);
        });
  }

  /// Forgets a code.
  void drop(long accountId, CodePurpose purpose) {
    database.write(
        handle ->
            handle
                .createUpdate(DROP)
                .bind("account", accountId)
                .bind("purpose", purpose.word())
                .execute());
  }

  /// The newest code that was sent to a person, used or not.
  Optional<Sent> findSent(long accountId, CodePurpose purpose) {
    return database
        .read(handle -> findByAccount(handle, accountId, purpose))
        .map(
            row ->
                new Sent(
                    row.createdAt(),
                    !row.used()
                        && row.failures() < MAX_FAILURES
                        && clock.instant().isBefore(row.expiresAt())));
  }

  private CodeCheck verdict(Handle handle, Row row, boolean use) {
    Instant now = clock.instant();
    if (!now.isBefore(row.expiresAt())) {
      return new CodeCheck.Expired();
    }
    if (row.failures() >= MAX_FAILURES) {
      return new CodeCheck.Wrong();
    }
    if (use
        && handle.createUpdate(USE).bind("now", Micros.of(now)).bind("hash", row.hash()).execute()
            == 0) {
      return new CodeCheck.Missing();
    }
    return new CodeCheck.Right(row.accountId(), row.subject());
  }

  private static Optional<Row> findByAccount(Handle handle, long accountId, CodePurpose purpose) {
    return handle
        .createQuery(FIND + " AND account_id = :account")
        .bind("purpose", purpose.word())
        .bind("account", accountId)
        .map((found, _) -> row(found))
        .findOne();
  }

  private String fingerprint(CodePurpose purpose, String code) {
    String text = code.strip();
    String cut = text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text;
    String plain = purpose == CodePurpose.TELEGRAM ? cut.toUpperCase(Locale.ROOT) : cut;
    byte[] message = (purpose.word() + " " + plain).getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(Secrets.hmac(key, message));
  }

  private static Row row(ResultSet row) throws SQLException {
    row.getLong("used_at");
    boolean used = !row.wasNull();
    return new Row(
        row.getLong("account_id"),
        row.getString("hash"),
        row.getString("subject"),
        Micros.toInstant(row.getLong("created_at")),
        Micros.toInstant(row.getLong("expires_at")),
        used,
        row.getInt("failures"));
  }

  private record Row(
      long accountId,
      String hash,
      String subject,
      Instant createdAt,
      Instant expiresAt,
      boolean used,
      int failures) {}

  /// @param pending whether it can still be used
  record Sent(Instant at, boolean pending) {}
}
