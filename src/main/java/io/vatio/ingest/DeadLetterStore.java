package io.vatio.ingest;

import io.vatio.kernel.Micros;
import io.vatio.kernel.Page;
import io.vatio.platform.db.Database;
import java.util.Arrays;
import java.util.List;
import org.jdbi.v3.core.Handle;

/// The SQL of the dead letters. Only the newest [#KEPT] stay.
public final class DeadLetterStore {
  /// Bytes of a payload that are kept.
  public static final int PAYLOAD_KEPT = 1_024;

  /// Dead letters that are kept.
  static final int KEPT = 10_000;

  private static final int ADDRESS_KEPT = 300;
  private static final int SENDER_KEPT = 300;
  private static final int DETAIL_KEPT = 1_000;

  private static final String INSERT =
      """
      INSERT INTO dead_letter (received_at, origin, address, sender, reason, detail, payload, size)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """;

  private static final String PRUNE =
      """
      DELETE FROM dead_letter
       WHERE id <= (SELECT id FROM dead_letter ORDER BY id DESC LIMIT 1 OFFSET :kept)
      """;

  private static final String PAGE =
      """
      SELECT id, received_at, origin, address, sender, reason, detail, payload, size
        FROM dead_letter
       ORDER BY id DESC
       LIMIT :limit OFFSET :offset
      """;

  private final Database database;

  public DeadLetterStore(Database database) {
    this.database = database;
  }

  /// One page, newest first.
  ///
  /// @param page from 1
  public Page<DeadLetter> list(int page, int pageSize) {
    return database.read(
        handle ->
            new Page<>(
                handle.createQuery("SELECT count(*) FROM dead_letter").mapTo(Long.class).one(),
                handle
                    .createQuery(PAGE)
                    .bind("limit", pageSize)
                    .bind("offset", (long) (page - 1) * pageSize)
                    .map(
                        (row, _) ->
                            new DeadLetter(
                                row.getLong(1),
                                Micros.toInstant(row.getLong(2)),
                                row.getString(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                row.getString(7),
                                row.getBytes(8),
                                row.getLong(9)))
                    .list()));
  }

  void insert(Handle handle, List<DeadLetter> letters) {
    if (letters.isEmpty()) {
      return;
    }
    var batch = handle.prepareBatch(INSERT);
    for (DeadLetter letter : letters) {
      batch
          .bind(0, Micros.of(letter.receivedAt()))
          .bind(1, letter.origin())
          .bind(2, clip(letter.address(), ADDRESS_KEPT))
          .bind(3, clip(letter.sender(), SENDER_KEPT))
          .bind(4, letter.reason())
          .bind(5, clip(letter.detail(), DETAIL_KEPT))
          .bind(6, letter.payload())
          .bind(7, letter.size())
          .add();
    }
    batch.execute();
  }

  void prune(Handle handle) {
    handle.createUpdate(PRUNE).bind("kept", KEPT).execute();
  }

  static byte[] head(byte[] payload) {
    return payload.length <= PAYLOAD_KEPT ? payload : Arrays.copyOf(payload, PAYLOAD_KEPT);
  }

  /// PostgreSQL refuses the character 0 in texts, and half a surrogate pair is no text at all.
  private static String clip(String text, int length) {
    String clean = text.replace('\0', ' ');
    if (clean.length() <= length) {
      return clean;
    }
    int end = Character.isHighSurrogate(clean.charAt(length - 1)) ? length - 1 : length;
    return clean.substring(0, end);
  }
}
