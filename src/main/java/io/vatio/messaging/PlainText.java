package io.vatio.messaging;

/// Makes texts of strangers harmless for one place each.
final class PlainText {
  /// What turns the direction of the text behind it, and with it what people believe to read.
  private static final String TURNS = "[\\u061C\\u200E\\u200F\\u202A-\\u202E\\u2066-\\u2069]";

  private PlainText() {}

  /// One line without control characters.
  ///
  /// @param most characters
  static String line(String text, int most) {
    return cut(text.replaceAll(TURNS, "").replaceAll("[\\p{Cntrl}\\u2028\\u2029]+", " "), most)
        .strip();
  }

  /// Several lines without other control characters.
  ///
  /// @param most characters
  static String lines(String text, int most) {
    return cut(
            text.replace("\r\n", "\n")
                .replaceAll(TURNS, "")
                .replaceAll("[\\p{Cntrl}&&[^\\n]]", " "),
            most)
        .strip();
  }

  /// As text inside HTML, or inside an attribute between double quotes.
  static String html(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String cut(String text, int most) {
    return text.codePointCount(0, text.length()) <= most
        ? text
        : text.substring(0, text.offsetByCodePoints(0, most - 1)) + "…";
  }
}
