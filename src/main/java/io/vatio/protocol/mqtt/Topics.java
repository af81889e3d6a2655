package io.vatio.protocol.mqtt;

import java.util.ArrayList;
import java.util.List;

/// What MQTT says about topic names and filters. Levels are what stands between the slashes; empty
/// ones count.
final class Topics {
  private static final String ONE = "+";
  private static final String REST = "#";

  private Topics() {}

  static String[] levels(String topic) {
    List<String> levels = new ArrayList<>(8);
    int from = 0;
    for (int slash = topic.indexOf('/'); slash >= 0; slash = topic.indexOf('/', from)) {
      levels.add(topic.substring(from, slash));
      from = slash + 1;
    }
    levels.add(topic.substring(from));
    return levels.toArray(String[]::new);
  }

  /// Whether one can publish to this.
  static boolean isName(String text, int maxLength, int maxLevels) {
    return isBounded(text, maxLength, maxLevels) && text.indexOf('+') < 0 && text.indexOf('#') < 0;
  }

  /// Whether one can subscribe to this: wildcards fill a whole level, `#` only the last.
  static boolean isFilter(String text, int maxLength, int maxLevels) {
    if (!isBounded(text, maxLength, maxLevels)) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '+' || c == '#') {
        boolean opens = i == 0 || text.charAt(i - 1) == '/';
        boolean last = i == text.length() - 1;
        boolean closes = last || (c == '+' && text.charAt(i + 1) == '/');
        if (!opens || !closes) {
          return false;
        }
      }
    }
    return true;
  }

  /// Whether a text can stand as one literal level, for instance a serial or a client id.
  static boolean isLevel(String text) {
    return !text.isEmpty()
        && text.chars().noneMatch(c -> c == '/' || c == '+' || c == '#' || c == 0);
  }

  private static boolean isBounded(String text, int maxLength, int maxLevels) {
    if (text.isEmpty() || text.length() > maxLength) {
      return false;
    }
    int levels = 1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return false;
      }
      if (c == '/') {
        levels++;
      }
    }
    return levels <= maxLevels;
  }

  /// Whether a filter matches a topic name.
  static boolean matches(String[] filter, String[] topic) {
    if (hidden(filter, topic)) {
      return false;
    }
    for (int i = 0; i < filter.length; i++) {
      if (filter[i].equals(REST)) {
        return true;
      }
      if (i >= topic.length || !(filter[i].equals(ONE) || filter[i].equals(topic[i]))) {
        return false;
      }
    }
    return filter.length == topic.length;
  }

  /// Whether everything that a filter matches is matched by another one too.
  static boolean covers(String[] wide, String[] narrow) {
    if (hidden(wide, narrow)) {
      return false;
    }
    for (int i = 0; i < wide.length; i++) {
      if (wide[i].equals(REST)) {
        return true;
      }
      if (i >= narrow.length
          || narrow[i].equals(REST)
          || !(wide[i].equals(ONE) || wide[i].equals(narrow[i]))) {
        return false;
      }
    }
    return wide.length == narrow.length;
  }

  /// Whether some topic is matched by both filters.
  static boolean overlap(String[] a, String[] b) {
    if (hidden(a, b) || hidden(b, a)) {
      return false;
    }
    for (int i = 0; ; i++) {
      boolean endOfA = i == a.length;
      boolean endOfB = i == b.length;
      if ((!endOfA && a[i].equals(REST)) || (!endOfB && b[i].equals(REST))) {
        return true;
      }
      if (endOfA || endOfB) {
        return endOfA && endOfB;
      }
      if (!a[i].equals(ONE) && !b[i].equals(ONE) && !a[i].equals(b[i])) {
        return false;
      }
    }
  }

  /// A wildcard in front does not see topics that begin with a dollar.
  private static boolean hidden(String[] filter, String[] topic) {
    return topic[0].startsWith("$") && (filter[0].equals(REST) || filter[0].equals(ONE));
  }
}
