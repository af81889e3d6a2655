package io.vatio.energy;

import io.vatio.device.DeviceTemplate;
import io.vatio.sensor.SensorTemplate;

/// The meter that stands for the whole site.
public final class MainMeter {
  /// Its serial number.
  public static final String SERIAL = "medidor-principal";

  /// The key of its power series.
  public static final String POWER_KEY = "consumo";

  /// Larger than any grid connection that a site of this kind has, kW.
  private static final double MAX_KW = 1_000_000;

  static final DeviceTemplate DEVICE =
      new DeviceTemplate(SERIAL, "Medidor principal", "medidor", "genérico", true);

  static final SensorTemplate POWER =
      new SensorTemplate(POWER_KEY, "Consumo", "potencia", "kW", -MAX_KW, MAX_KW);

  private MainMeter() {}

  /// The device as it is created at the first start.
  public static DeviceTemplate template() {
    return DEVICE;
  }
}
