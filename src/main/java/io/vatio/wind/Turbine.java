package io.vatio.wind;

import io.vatio.device.DeviceTemplate;
import io.vatio.sensor.SensorTemplate;
import java.util.OptionalInt;

/// How a turbine appears among the devices: serial `GEN-<id>`, one series a quantity.
final class Turbine {
  /// Turbines of one installation have numbers from 1 to this.
  static final int MAX_ID = 1_000_000;

  static final String PRODUCTION = "valor_produccion";
  static final String WIND = "velocidad_viento";
  static final String DIRECTION = "direccion_viento";
  static final String TEMPERATURE = "temperatura";

  private static final String PREFIX = "GEN-";

  private Turbine() {}

  static String serial(int id) {
    return PREFIX + id;
  }

  /// The number of the turbine with this serial, empty for another device.
  static OptionalInt id(String serial) {
    return serial.startsWith(PREFIX)
        ? number(serial.substring(PREFIX.length()))
        : OptionalInt.empty();
  }

  /// A turbine's number written in its one way: digits without a leading zero.
  static OptionalInt number(String digits) {
    if (!digits.matches("[1-9]\\d{0,6}")) {
      return OptionalInt.empty();
    }
    int id = Integer.parseInt(digits);
    return id <= MAX_ID ? OptionalInt.of(id) : OptionalInt.empty();
  }

  static DeviceTemplate device(int id, TurbineModel model) {
    return new DeviceTemplate(serial(id), "Generador " + id, "aerogenerador", model.name(), true);
  }

  static SensorTemplate production(TurbineModel model) {
    return sensor(PRODUCTION, "Producción", "energia", "kWh", model.production());
  }

  static SensorTemplate wind(TurbineModel model) {
    return sensor(WIND, "Velocidad del viento", "velocidad", "m/s", model.wind());
  }

  static SensorTemplate temperature(TurbineModel model) {
    return sensor(TEMPERATURE, "Temperatura", "temperatura", "°C", model.temperature());
  }

  static SensorTemplate direction() {
    return sensor(DIRECTION, "Dirección del viento", "direccion", "°", new Span(0, 360));
  }

  private static SensorTemplate sensor(
      String key, String name, String type, String unit, Span span) {
    return new SensorTemplate(key, name, type, unit, span.min(), span.max());
  }
}
