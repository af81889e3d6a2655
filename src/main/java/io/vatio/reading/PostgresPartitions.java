package io.vatio.reading;

import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The partitions of `reading` in PostgreSQL: `reading_before` for times before the year 2000, one
/// a
/// calendar month (UTC), and `reading_after` for everything from the month after the next one on.
///
/// However wrong the clocks of devices are, there is at most one partition for each month since
/// 2000. A month's partition is made inside the transaction that needs it and attached without
/// stopping anybody who reads. Used by one thread at a time, except [#holds] and [#months].
final class PostgresPartitions {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresPartitions.class);

  /// The lower bound of the first month; the upper one of `reading_before`.
  private static final YearMonth FIRST = YearMonth.of(2000, 1);

  private static final int MOVED_AT_ONCE = 20_000;
  private static final int SAY_EVERY = 1_000_000;
  private static final int LOCK_PATIENCE_MS = 2_000;

  private static final String MONTHS =
      """
      SELECT substring(c.relname FROM 9)
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'reading'::regclass AND c.relname ~ '^reading_[0-9]{4}_[0-9]{2}$'
      """;

  private static final String BOUND =
      """
      SELECT substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''?(-?[0-9]+)')
        FROM pg_class c
       WHERE c.oid = 'reading_after'::regclass
      """;

  /// Vacuum follows inserts in a fifth, so that reads of whole months need no visibility checks;
  /// rows are hardly ever changed, so pages are filled.
  private static final String CREATE =
      """
      CREATE TABLE IF NOT EXISTS %1$s (LIKE reading INCLUDING DEFAULTS INCLUDING INDEXES)
        WITH (autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.2);
      ALTER TABLE %1$s ALTER COLUMN meta SET STORAGE MAIN;
      ALTER TABLE reading ATTACH PARTITION %1$s FOR VALUES FROM (%2$s) TO (%3$s)
      """;

  private static final String MONTHS_WAITING =
      """
      SELECT DISTINCT to_char(to_timestamp(ts / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM')
        FROM reading_after
       WHERE ts < ?
      """;

  private static final String MOVE_WAITING =
      """
      WITH moved AS (DELETE FROM reading_after WHERE ts < ? RETURNING *)
      INSERT INTO reading SELECT * FROM moved
      """;

  private static final String V1_SLICE =
      "(SELECT * FROM reading_v1 WHERE seq > :after ORDER BY seq LIMIT :limit) slice";

  private static final String V1_MONTHS =
      """
      SELECT DISTINCT to_char(to_timestamp(ts / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM')
        FROM %s
       WHERE ts >= :from AND ts < :to
      """
          .formatted(V1_SLICE);

  private static final String V1_MOVE =
      """
      INSERT INTO reading (series_id, ts, seq, value, quality, meta, delivery)
      SELECT series_id, ts, seq, value, quality, meta, delivery FROM %s
      ON CONFLICT DO NOTHING
      """
          .formatted(V1_SLICE);

  private static final String V1_LAST = "SELECT coalesce(max(seq), 0) FROM " + V1_SLICE;

  private static final String MARK =
      """
      INSERT INTO reading_mark (name, value) VALUES ('reading_v1', ?)
      ON CONFLICT (name) DO UPDATE SET value = excluded.value
      """;

  private final Set<YearMonth> months = new ConcurrentSkipListSet<>();
  private YearMonth bound = FIRST;
  private volatile boolean doubtful;

  /// Learns which there are.
  void load(Handle handle) {
    Set<YearMonth> present = new TreeSet<>();
    handle
        .createQuery(MONTHS)
        .mapTo(String.class)
        .forEach(name -> present.add(YearMonth.parse(name.replace('_', '-'))));
    months.retainAll(present);
    months.addAll(present);
    bound = monthOf(handle.createQuery(BOUND).mapTo(Long.class).one());
    doubtful = false;
  }

  /// The months that have a partition of their own, oldest first.
  List<YearMonth> months() {
    return List.copyOf(months);
  }

  /// Says that it is not known whether a change was committed: looks anew before the next one.
  void doubt() {
    doubtful = true;
  }

  boolean isDoubtful() {
    return doubtful;
  }

  /// Makes what is missing for readings of this time; belongs to the caller's transaction. When
  /// that is rolled back, [#load] has to follow.
  void ensure(Handle handle, long ts) {
    if (doubtful) {
      load(handle);
    }
    if (ts < start(FIRST) || ts >= start(bound)) {
      return;
    }
    YearMonth month = monthOf(ts);
    if (!months.contains(month)) {
      handle.execute(CREATE.formatted(table(month), start(month), start(month.plusMonths(1))));
      months.add(month);
    }
  }

  /// Waits a moment until nobody reads or writes, and keeps everybody out until the caller's
  /// transaction ends.
  void lock(Handle handle) {
    handle.execute("SET LOCAL lock_timeout = " + LOCK_PATIENCE_MS);
    handle.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE");
  }

  /// Removes the partition of a month with everything in it, under [#lock].
  void drop(Handle handle, YearMonth month) {
    handle.execute("DROP TABLE " + table(month));
  }

  /// Says that a drop was committed.
  void dropped(YearMonth month) {
    months.remove(month);
  }

  /// Moves the bound of `reading_after` so far that this month and the next one can have partitions
  /// of their own, and what waits there for them into them. A database that is too busy to let go
  /// of the table for a moment is asked again later; until then nothing is lost, only not sorted.
  ///
  /// @param alone keeps appends out; called inside the transaction
  void rollForward(Database database, Instant now, Runnable alone) {
    YearMonth wanted = wanted(now);
    if (!wanted.isAfter(bound)) {
      return;
    }
    try {
      database.write(
          handle -> {
            alone.run();
            return rollForward(handle, wanted);
          });
    } catch (StorageException e) {
      LOG.info("partitions: not moved on to {} yet: {}", wanted, e.getMessage());
      doubt();
    }
  }

  private static YearMonth wanted(Instant now) {
    return YearMonth.from(now.atZone(ZoneOffset.UTC)).plusMonths(2);
  }

  /// Brings everything into its place, before anybody reads or appends: the readings of version 1,
  /// and a restored backup, which lies in `reading_after` as a whole. Takes a while for many, and
  /// goes on where it was after a kill at any moment.
  void sort(Database database, Instant now) {
    reload(database);
    moveFromV1(database);
    YearMonth wanted = wanted(now);
    if (wanted.isAfter(bound) && database.read(handle -> manyWait(handle, wanted))) {
      database.write(handle -> setAside(handle, wanted));
      reload(database);
      moveFromV1(database);
    }
    rollForward(database, now, () -> {});
  }

  private void reload(Database database) {
    database.read(
        handle -> {
          load(handle);
          return true;
        });
  }

  private static boolean manyWait(Handle handle, YearMonth wanted) {
    return count(
            handle,
            "SELECT count(*) FROM (SELECT FROM reading_after WHERE ts < %d LIMIT %d) slice"
                .formatted(start(wanted), MOVED_AT_ONCE))
        == MOVED_AT_ONCE;
  }

  private boolean setAside(Handle handle, YearMonth wanted) {
    handle.execute("ALTER TABLE reading DETACH PARTITION reading_after");
    handle.execute("ALTER TABLE reading_after RENAME TO reading_v1");
    handle.execute(CREATE.formatted("reading_after", start(wanted), "MAXVALUE"));
    return true;
  }

  private boolean rollForward(Handle handle, YearMonth wanted) {
    handle.execute("SET LOCAL lock_timeout = " + LOCK_PATIENCE_MS);
    handle.execute("ALTER TABLE reading DETACH PARTITION reading_after");
    bound = wanted;
    handle
        .createQuery(MONTHS_WAITING)
        .bind(0, start(wanted))
        .mapTo(String.class)
        .list()
        .forEach(month -> ensure(handle, start(YearMonth.parse(month))));
    handle.execute(MOVE_WAITING, start(wanted));
    handle.execute(
        "ALTER TABLE reading ATTACH PARTITION reading_after FOR VALUES FROM (%d) TO (MAXVALUE)"
            .formatted(start(wanted)));
    return true;
  }

  /// Moves what lies in one table into the partitions, in order of arrival. Each step is
  /// a transaction that remembers how far it came, so it goes on after a kill at any moment. The
  /// old table goes at the end; until then both need room.
  private void moveFromV1(Database database) {
    if (!database.read(PostgresPartitions::hasV1)) {
      return;
    }
    long all = database.read(h -> count(h, "SELECT count(*) FROM reading_v1"));
    long done = 0;
    long said = 0;
    LOG.info("readings: {} to move into partitions by month", all);
    while (true) {
      long moved = database.write(this::moveSlice);
      if (moved == 0) {
        break;
      }
      done += moved;
      if (done - said >= SAY_EVERY) {
        said = done;
        LOG.info("readings: {} of {} moved", done, all);
      }
    }
    database.write(
        handle -> {
          handle.execute("DROP TABLE reading_v1");
          return handle.execute("DELETE FROM reading_mark WHERE name = 'reading_v1'");
        });
    LOG.info("readings: all moved");
  }

  private static boolean hasV1(Handle handle) {
    return handle
        .createQuery("SELECT to_regclass('reading_v1') IS NOT NULL")
        .mapTo(boolean.class)
        .one();
  }

  /// @return how many rows it looked at
  long moveSlice(Handle handle) {
    long after =
        count(handle, "SELECT coalesce(max(value), 0) FROM reading_mark WHERE name = 'reading_v1'");
    long last =
        handle
            .createQuery(V1_LAST)
            .bind("after", after)
            .bind("limit", MOVED_AT_ONCE)
            .mapTo(Long.class)
            .one();
    if (last == 0) {
      return 0;
    }
    handle
        .createQuery(V1_MONTHS)
        .bind("after", after)
        .bind("limit", MOVED_AT_ONCE)
        .bind("from", start(FIRST))
        .bind("to", start(bound))
        .mapTo(String.class)
        .list()
        .forEach(month -> ensure(handle, start(YearMonth.parse(month))));
    long moved =
        handle.createUpdate(V1_MOVE).bind("after", after).bind("limit", MOVED_AT_ONCE).execute();
    handle.execute(MARK, last);
    return Math.max(1, moved);
  }

  private static long count(Handle handle, String sql) {
    return handle.createQuery(sql).mapTo(Long.class).one();
  }

  static YearMonth monthOf(long ts) {
    return YearMonth.from(LocalDate.ofEpochDay(Math.floorDiv(ts, 86_400_000_000L)));
  }

  static long start(YearMonth month) {
    return month.atDay(1).toEpochDay() * 86_400_000_000L;
  }

  static String table(YearMonth month) {
    return "reading_%04d_%02d".formatted(month.getYear(), month.getMonthValue());
  }
}
