package io.vatio.protocol.simulator;

import org.jspecify.annotations.Nullable;

/// Text from outside made fit for one line of a terminal: no control characters, no novels.
final class Heard {
  private static final int LONGEST = 200;

  private Heard() {}

  static String text(@Nullable String raw) {
    if (raw == null) {
      return "";
    }
    String cut = raw.length() > LONGEST ? raw.substring(0, LONGEST) + "…" : raw;
    return cut.replaceAll("\\p{Cntrl}+", " ").strip();
  }
}
