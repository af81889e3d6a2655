package io.vatio.protocol.simulator;

/// A place whose devices are simulated; the lower-case name is the word on the command line.
public enum Scenario {
  /// The site's main meter, and `count` thermometers and smart plugs.
  HOME(1),
  /// `count` office loads: lighting, air conditioning, servers, UPS in turn.
  OFFICE(8),
  /// A park of `count` turbines under one wind.
  WIND(10),
  /// `count` generic devices that also listen for configuration and commands.
  DEVICE(10);

  private final int usualCount;

  Scenario(int usualCount) {
    this.usualCount = usualCount;
  }

  /// How many devices there are when nobody says a number.
  public int usualCount() {
    return usualCount;
  }
}
