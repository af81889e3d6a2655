package io.vatio.live;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vatio.device.Device;
import io.vatio.device.DispositivoJson;
import io.vatio.energy.MainMeter;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import io.vatio.reading.Quality;
import io.vatio.reading.Reading;
import io.vatio.sensor.Series;
import java.util.List;

/// The wire forms of events.
final class LiveJson {
  private LiveJson() {}

  static Frame.Changed changed(Device device) {
    return new Frame.Changed(device, Json.bytes(DispositivoJson.event(device)));
  }

  static Frame.Measured measured(Reading reading, Series series, Device device) {
    String at = Micros.toInstant(reading.ts()).toString();
    boolean main =
        device.serial().equals(MainMeter.SERIAL) && series.key().equals(MainMeter.POWER_KEY);
    return new Frame.Measured(
        reading.seq(),
        device.id(),
        Json.bytes(
            new ReadingJson(
                reading.seq(),
                device.id(),
                device.serial(),
                series.sensorId(),
                series.sensorName(),
                series.unit(),
                reading.value(),
                at,
                Quality.codes(reading.quality()))),
        main ? Json.bytes(new EnergyJson(reading.seq(), at, reading.value())) : null);
  }

  @JsonPropertyOrder({
    "id",
    "dispositivo",
    "serial_number",
    "sensor",
    "sensor_nombre",
    "unidad",
    "valor",
    "timestamp",
    "calidad"
  })
  private record ReadingJson(
      long id,
      @JsonProperty("dispositivo") long deviceId,
      @JsonProperty("serial_number") String serial,
      @JsonProperty("sensor") long sensorId,
      @JsonProperty("sensor_nombre") String sensorName,
      @JsonProperty("unidad") String unit,
      @JsonProperty("valor") double value,
      String timestamp,
      @JsonProperty("calidad") List<String> quality) {}

  /// @param consumption in kW
  @JsonPropertyOrder({"id", "timestamp", "consumption"})
  private record EnergyJson(long id, String timestamp, double consumption) {}
}
