package io.vatio.wind;

/// Plausible values of one quantity, ends included.
///
/// @param min in the unit of the quantity
/// @param max in the unit of the quantity
public record Span(double min, double max) {
  public Span {
    if (!(min < max)) {
      throw new IllegalArgumentException("span from %s to %s".formatted(min, max));
    }
  }

  boolean contains(double value) {
    return value >= min && value <= max;
  }
}
