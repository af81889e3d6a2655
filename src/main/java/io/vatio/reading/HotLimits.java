package io.vatio.reading;

/// How many readings stay unsealed.
///
/// @param keep so many of the newest stay hot also in quiet times: redelivered messages are
///     recognised among them
/// @param most at so many the store is full; bounds memory to about 150 MB
/// @param piece so many are sealed together
record HotLimits(int keep, int most, int piece) {
  static final HotLimits DEFAULT = new HotLimits(20_000, 1_500_000, 250_000);
}
