package io.vatio.app;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One setting: a line of the documentation, and everything the reader needs to know.
///
/// @param key in `vatio.yaml`; the names of variable and flag follow from it
/// @param fallback the default as one would write it; null for none
/// @param unit empty for none
/// @param secret masked wherever settings are shown, and may come from a file
/// @param meaning one or two sentences for the operator
record SettingsRow<T>(
    String key,
    SettingsType<T> type,
    String unit,
    @Nullable String fallback,
    String example,
    boolean secret,
    String meaning) {

  static <T> SettingsRow<T> row(
      String key,
      SettingsType<T> type,
      String unit,
      @Nullable String fallback,
      String example,
      String meaning) {
    return new SettingsRow<>(key, type, unit, fallback, example, false, meaning);
  }

  static <T> SettingsRow<T> secret(
      String key, SettingsType<T> type, String example, String meaning) {
    return new SettingsRow<>(key, type, "", null, example, true, meaning);
  }

  /// For instance `VATIO_HTTP_PORT`.
  String variable() {
    return variable(key);
  }

  /// For instance `--http-port`.
  String flag() {
    return "--" + key.replace('.', '-').replace('_', '-');
  }

  static String variable(String key) {
    return "VATIO_" + key.toUpperCase(Locale.ROOT).replace('.', '_');
  }
}
