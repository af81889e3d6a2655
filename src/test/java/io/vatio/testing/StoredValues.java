package io.vatio.testing;

import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceRegistry;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/// What a server has left in its database, for stories that look after it has gone.
public final class StoredValues {
  private StoredValues() {}

  /// The consumption of the main meter, in order of time.
  ///
  /// @param url as [Databases#open] wants it
  public static List<Double> ofMainMeter(String url) {
    try (Database database = Databases.open(url)) {
      AuditLog audit = new AuditLog(database, Clock.systemUTC());
      var devices = DeviceRegistry.open(database, new Events(), Clock.systemUTC(), 1, audit);
      var catalogue = SeriesCatalogue.open(database, Clock.systemUTC(), audit);
      long meter = devices.findBySerial("medidor-principal").orElseThrow().id();
      int series = catalogue.find(meter, "consumo").orElseThrow().id();
      List<Double> values = new ArrayList<>();
      ReadingStore.open(database)
          .scan(series, Long.MIN_VALUE, Long.MAX_VALUE, reading -> values.add(reading.value()));
      return values;
    }
  }
}
