package io.vatio.reading;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import io.vatio.sensor.Series;

/// A reading as `/api/readings/` shows it, with the names of its device and sensor. Thread safe.
public final class LecturaJson {
  private static final RawValue NOTHING = new RawValue("{}");

  private final DeviceRegistry devices;

  public LecturaJson(DeviceRegistry devices) {
    this.devices = devices;
  }

  /// @param reading of that series; a seq of 0 stands for one that has none yet
  public ObjectNode of(Series series, Reading reading) {
    ObjectNode json = Json.object();
    json.put("id", reading.seq() == 0 ? null : (Long) reading.seq());
    json.put("dispositivo", series.deviceId());
    json.put(
        "dispositivo_nombre", devices.findById(series.deviceId()).map(Device::name).orElse(""));
    json.put("sensor", series.sensorId());
    json.put("sensor_nombre", series.sensorName());
    json.put("sensor_unidad", series.unit());
    json.put("valor", reading.value());
    json.put("timestamp", Micros.toInstant(reading.ts()).toString());
    String meta = reading.meta();
    json.putRawValue("metadata_json", meta == null ? NOTHING : new RawValue(meta));
    return json;
  }
}
