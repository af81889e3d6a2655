package io.vatio.device;

/// Which device is meant, and what to call it should it be new.
///
/// @param claimed whether a new one is in use at once (a turbine that a program posts for) or waits
///     to be claimed (a device that announced itself)
public record DeviceTemplate(
    String serial, String name, String type, String model, boolean claimed) {

  /// A device that announced itself and of which nothing else is known.
  public static DeviceTemplate unknown(String serial) {
    return new DeviceTemplate(serial, "No definido", "generico", "desconocido", false);
  }
}
