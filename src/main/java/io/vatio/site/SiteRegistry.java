package io.vatio.site;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.ConstraintException;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.json.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/// The sites of this installation: in memory for whoever asks, in the database for good. Changes
/// block. Thread safe.
public final class SiteRegistry {
  private static final String LIST =
      """
      SELECT id, name, description, timezone, currency, language, created_at, updated_at
        FROM site
       ORDER BY id
      """;

  private static final String INSERT =
      """
      INSERT INTO site (name, description, timezone, currency, language, created_at, updated_at)
      VALUES (:name, :description, :zone, :currency, :language, :created, :updated)
      """;

  private static final String UPDATE =
      """
      UPDATE site
         SET name = :name, description = :description, timezone = :zone, currency = :currency,
             language = :language, created_at = :created, updated_at = :updated
       WHERE id = :id
      """;

  private final Database database;
  private final Events events;
  private final AuditLog audit;

  /// In order of creation.
  private final ConcurrentNavigableMap<Long, Site> byId = new ConcurrentSkipListMap<>();

  private final Lock changes = new ReentrantLock();

  private SiteRegistry(Database database, Events events, AuditLog audit) {
    this.database = database;
    this.events = events;
    this.audit = audit;
  }

  /// Reads the sites; creates the default one from these values at the very first start.
  public static SiteRegistry open(
      Database database,
      Events events,
      Clock clock,
      ZoneId zone,
      String currency,
      String language,
      AuditLog audit) {
    SiteRegistry registry = new SiteRegistry(database, events, audit);
    Instant now = clock.instant();
    Site first = new Site(0, "Principal", "", zone, currency, language, now, now);
    database
        .write(
            handle -> {
              List<Site> sites = list(handle);
              return sites.isEmpty() ? List.of(insert(handle, first)) : sites;
            })
        .forEach(site -> registry.byId.put(site.id(), site));
    return registry;
  }

  /// The site of everything that names no other: the first one there was.
  public Site defaultSite() {
    return byId.firstEntry().getValue();
  }

  public Optional<Site> find(long id) {
    return Optional.ofNullable(byId.get(id));
  }

  /// All sites in order of their creation.
  public List<Site> listAll() {
    return List.copyOf(byId.values());
  }

  /// Creates a site.
  ///
  /// @param draft with any id
  /// @throws Problem.Invalid when the name is taken
  Site create(Site draft) {
    changes.lock();
    try {
      requireFree(draft);
      Site site =
          database.write(
              handle -> {
                Site made = insert(handle, draft);
                audit.created(handle, target(made), audited(made));
                return made;
              });
      byId.put(site.id(), site);
      events.publish(new SiteChanged(site));
      return site;
    } finally {
      changes.unlock();
    }
  }

  /// Changes a site.
  ///
  /// @return the site as it is now, empty when it is gone
  /// @throws Problem.Invalid when the name is taken
  Optional<Site> update(long id, UnaryOperator<Site> change) {
    changes.lock();
    try {
      Site present = byId.get(id);
      if (present == null) {
        return Optional.empty();
      }
      Site next = change.apply(present);
      requireFree(next);
      database.write(
          handle -> {
            audit.updated(handle, target(next), audited(present), audited(next));
            return bind(handle.createUpdate(UPDATE), next).bind("id", id).execute();
          });
      byId.put(id, next);
      events.publish(new SiteChanged(next));
      return Optional.of(next);
    } finally {
      changes.unlock();
    }
  }

  private void requireFree(Site site) {
    if (byId.values().stream()
        .anyMatch(other -> other.id() != site.id() && other.name().equalsIgnoreCase(site.name()))) {
      throw Problem.invalid("nombre", Text.of("site.name_taken"));
    }
  }

  /// Removes a site.
  ///
  /// @return whether it was there
  /// @throws Problem.Conflict for the default one, and for one that has devices
  boolean delete(long id, SiteDevices devices) {
    changes.lock();
    try {
      Site present = byId.get(id);
      if (present == null) {
        return false;
      }
      if (id == defaultSite().id()) {
        throw Problem.conflict(Text.of("site.default"));
      }
      requireEmpty(id, devices);
      database.write(
          handle -> {
            audit.deleted(handle, target(present), audited(present));
            return handle.createUpdate("DELETE FROM site WHERE id = :id").bind("id", id).execute();
          });
      byId.remove(id);
      return true;
    } catch (ConstraintException e) {
      // A device came in between.
      requireEmpty(id, devices);
      throw e;
    } finally {
      changes.unlock();
    }
  }

  private static void requireEmpty(long id, SiteDevices devices) {
    int count = devices.count(id);
    if (count > 0) {
      throw Problem.conflict(Text.of("site.in_use", Integer.toString(count)));
    }
  }

  private static List<Site> list(Handle handle) {
    return handle.createQuery(LIST).map((row, _) -> site(row)).list();
  }

  private static Site insert(Handle handle, Site site) {
    long id =
        bind(handle.createUpdate(INSERT), site)
            .executeAndReturnGeneratedKeys("id")
            .mapTo(Long.class)
            .one();
    return new Site(
        id,
        site.name(),
        site.description(),
        site.zone(),
        site.currency(),
        site.language(),
        site.createdAt(),
        site.updatedAt());
  }

  private static Update bind(Update update, Site site) {
    return update
        .bind("name", site.name())
        .bind("description", site.description())
        .bind("zone", site.zone().getId())
        .bind("currency", site.currency())
        .bind("language", site.language())
        .bind("created", Micros.of(site.createdAt()))
        .bind("updated", Micros.of(site.updatedAt()));
  }

  private static Site site(ResultSet row) throws SQLException {
    Instant created = Micros.toInstant(row.getLong("created_at"));
    long updated = row.getLong("updated_at");
    return new Site(
        row.getLong("id"),
        row.getString("name"),
        row.getString("description"),
        ZoneId.of(row.getString("timezone")),
        row.getString("currency"),
        row.getString("language"),
        created,
        updated == 0 ? created : Micros.toInstant(updated));
  }

  private static AuditLog.Target target(Site site) {
    return AuditLog.Target.of("Sitio", site.id(), site.name());
  }

  private static ObjectNode audited(Site site) {
    ObjectNode fields = Json.object();
    fields.put("nombre", site.name());
    fields.put("descripcion", site.description());
    fields.put("zona_horaria", site.zone().getId());
    fields.put("moneda", site.currency());
    fields.put("idioma", site.language());
    return fields;
  }
}
