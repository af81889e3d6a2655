package io.vatio.messaging;

import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How far what people sent to a bot was worked off. Noted before the work, so that a sudden end
/// costs an answer and never does a thing twice. Calls block; one thread.
final class BotOffset {
  /// Telegram forgets what nobody fetched within a day, and may count anew after a week of silence.
  private static final Duration GOOD_FOR = Duration.ofDays(3);

  private static final String SAVE =
      """
      INSERT INTO telegram_offset (bot, update_id, at)
      VALUES (:bot, :update, :at)
      ON CONFLICT (bot) DO UPDATE SET update_id = :update, at = :at
      """;

  private static final String FIND =
      """
      SELECT update_id, at
        FROM telegram_offset
       WHERE bot = :bot
      """;

  private final Database database;
  private final String bot;
  private final Clock clock;
  private @Nullable Last last;

  /// @param bot whose
  BotOffset(Database database, String bot, Clock clock) {
    this.database = database;
    this.bot = bot;
    this.clock = clock;
  }

  /// The last one that was worked off, 0 for none that still counts.
  long last() {
    Last known = last;
    if (known == null) {
      known =
          database.read(
              handle ->
                  handle
                      .createQuery(FIND)
                      .bind("bot", bot)
                      .map((row, _) -> new Last(row.getLong(1), Micros.toInstant(row.getLong(2))))
                      .findOne()
                      .orElse(new Last(0, Instant.EPOCH)));
      last = known;
    }
    return clock.instant().isBefore(known.at().plus(GOOD_FOR)) ? known.update() : 0;
  }

  /// Notes that this one is being worked off.
  void save(long update) {
    Instant now = clock.instant();
    database.write(
        handle ->
            handle
                .createUpdate(SAVE)
                .bind("bot", bot)
                .bind("update", update)
                .bind("at", Micros.of(now))
                .execute());
    last = new Last(update, now);
  }

  private record Last(long update, Instant at) {}
}
