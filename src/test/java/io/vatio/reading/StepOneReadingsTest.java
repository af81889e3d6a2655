package io.vatio.reading;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vatio.platform.db.StorageException;
import io.vatio.testing.Databases;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A data folder of the first version opens with everything in it, also when the conversion is
/// interrupted at any step.
class StepOneReadingsTest {
  private static final int SERIES = 4;
  private static final int SETTLED = 3_000;

  @TempDir Path folder;
  private String url;

  @BeforeEach
  void write_as_the_first_version_did() throws SQLException {
    url = Databases.SQLITE.newUrl(folder);
    String jdbc = "jdbc:" + url;
    Flyway.configure()
        .dataSource(jdbc, null, null)
        .locations("classpath:db/sqlite")
        .target("1")
        .load()
        .migrate();
    try (Connection connection = DriverManager.getConnection(jdbc)) {
      connection.setAutoCommit(false);
      try (PreparedStatement settled =
              connection.prepareStatement("INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?)");
          PreparedStatement hot =
              connection.prepareStatement("INSERT INTO reading_hot VALUES (?, ?, ?, ?, ?, ?, ?)");
          var mark = connection.createStatement()) {
        for (Reading reading : readings()) {
          boolean isHot = reading.seq() > SETTLED;
          PreparedStatement insert = isHot ? hot : settled;
          insert.setLong(isHot ? 2 : 1, reading.seriesId());
          insert.setLong(isHot ? 3 : 2, reading.ts());
          insert.setLong(isHot ? 1 : 3, reading.seq());
          insert.setDouble(4, reading.value());
          insert.setInt(5, reading.quality());
          insert.setString(6, reading.meta());
          insert.executeUpdate();
        }
        mark.executeUpdate("INSERT INTO reading_mark VALUES ('settled_seq', " + SETTLED + ")");
      }
      connection.commit();
    }
  }

  @Test
  void all_readings_of_the_first_version_are_there() {
    try (FaultyDatabase database = new FaultyDatabase(Databases.open(url))) {
      check(database);
      check(database);
    }
  }

  @ParameterizedTest
  @EnumSource
  void an_interrupted_conversion_goes_on_where_it_was(FaultyDatabase.Fault fault) {
    for (int start = 1; start < SERIES; start++) {
      try (FaultyDatabase database = new FaultyDatabase(Databases.open(url))) {
        // Every start gets one series further.
        database.failAt(fault == FaultyDatabase.Fault.AFTER ? 1 : 2, fault);
        assertThrows(StorageException.class, () -> SqliteReadingStore.open(database));
      }
    }
    try (FaultyDatabase database = new FaultyDatabase(Databases.open(url))) {
      check(database);
    }
  }

  private static void check(FaultyDatabase database) {
    ReadingStore store = ReadingStore.open(database);
    List<Reading> all = new ArrayList<>();
    for (int series = 0; series < SERIES; series++) {
      store.scan(series, Long.MIN_VALUE, Long.MAX_VALUE, all::add);
    }
    all.sort((a, b) -> Long.compare(a.seq(), b.seq()));
    assertEquals(readings(), all);
    assertEquals(SETTLED + 500, store.lastSeq());
    long left =
        database.read(
            handle -> handle.createQuery("SELECT count(*) FROM reading").mapTo(Long.class).one());
    assertEquals(0, left);
  }

  private static List<Reading> readings() {
    List<Reading> readings = new ArrayList<>();
    for (int seq = 1; seq <= SETTLED + 500; seq++) {
      readings.add(
          new Reading(
              seq,
              seq % SERIES,
              (seq * 7_919L % 100_000) * 10_000_000 - 86_400_000_000L,
              seq / 10.0,
              seq % 50 == 0 ? Quality.STUCK.bit() : 0,
              seq % 70 == 0 ? "{\"n\":" + seq + "}" : null));
    }
    return readings;
  }
}
