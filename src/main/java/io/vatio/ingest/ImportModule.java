package io.vatio.ingest;

import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceRegistry;
import io.vatio.platform.db.Database;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.text.Messages;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.function.BooleanSupplier;

/// The wiring of imports: files of readings that people bring.
public final class ImportModule implements AutoCloseable {
  private final Imports imports;
  private final ZoneId zone;

  private ImportModule(Imports imports, ZoneId zone) {
    this.imports = imports;
    this.zone = zone;
  }

  /// What it needs of the other rooms.
  ///
  /// @param folder of the files, made if need be
  /// @param zone of times that name none
  /// @param crowded whether what follows the readings lags so far behind that they should wait
  public record Needs(
      Path folder,
      Database database,
      Inbox inbox,
      DeviceRegistry devices,
      Messages messages,
      ZoneId zone,
      Clock clock,
      AuditLog audit,
      BooleanSupplier crowded) {}

  /// Blocks on the disk.
  public static ImportModule open(Needs needs) {
    return new ImportModule(
        new Imports(
            new ImportFolder(needs.folder()),
            new ImportStore(needs.database(), needs.clock()),
            needs.inbox(),
            needs.devices(),
            needs.messages(),
            needs.clock(),
            needs.crowded()),
        needs.zone());
  }

  /// Goes on with what was not finished.
  public void start() {
    imports.start();
  }

  public void addTo(HttpApi api) {
    new ImportRoutes(imports, zone).addTo(api);
  }

  @Override
  public void close() {
    imports.close();
  }
}
