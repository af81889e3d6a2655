package io.vatio.site;

import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.platform.db.Database;
import java.time.Clock;
import java.time.ZoneId;

/// The sites of this installation. Thread safe.
public final class SiteRegistry {
  private static final String FIRST =
      """
      SELECT id, name, timezone, currency, language
        FROM site
       ORDER BY id
       LIMIT 1
      """;

  private final Site defaultSite;

  private SiteRegistry(Site defaultSite) {
    this.defaultSite = defaultSite;
  }

  /// Reads the sites; creates the default one from these values at the very first start.
  public static SiteRegistry open(
      Database database,
      Clock clock,
      ZoneId zone,
      String currency,
      String language,
      AuditLog audit) {
    Site site =
        database.write(
            handle -> {
              boolean empty =
                  handle.createQuery("SELECT count(*) FROM site").mapTo(Long.class).one() == 0;
              if (empty) {
                handle
                    .createUpdate(
                        """
                        INSERT INTO site (name, timezone, currency, language, created_at)
                        VALUES (:name, :zone, :currency, :language, :now)
                        """)
                    .bind("name", "Principal")
                    .bind("zone", zone.getId())
                    .bind("currency", currency)
                    .bind("language", language)
                    .bind("now", Micros.of(clock.instant()))
                    .execute();
              }
              return handle
                  .createQuery(FIRST)
                  .map(
                      (row, _) ->
                          new Site(
                              row.getLong(1),
                              row.getString(2),
                              ZoneId.of(row.getString(3)),
                              row.getString(4),
                              row.getString(5)))
                  .one();
            });
    return new SiteRegistry(site);
  }

  /// The site of everything that names no other.
  public Site defaultSite() {
    return defaultSite;
  }
}
