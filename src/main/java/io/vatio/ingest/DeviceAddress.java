package io.vatio.ingest;

import org.jspecify.annotations.Nullable;

/// Addresses with a device's serial number as one of their levels.
final class DeviceAddress {
  private DeviceAddress() {}

  /// The one level between prefix and suffix, null when the address is not of that form.
  static @Nullable String serial(String address, String prefix, String suffix) {
    int end = address.length() - suffix.length();
    return end > prefix.length()
            && address.startsWith(prefix)
            && address.endsWith(suffix)
            && address.indexOf('/', prefix.length()) == end
        ? address.substring(prefix.length(), end)
        : null;
  }
}
