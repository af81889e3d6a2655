package io.vatio.ingest;

/// How much the inbox holds before it says that it is full.
///
/// @param messages waiting at the same time
/// @param bytes of their payloads together
/// @param unclaimedDevices that devices without rights of their own may have created
/// @param seriesPerDevice that values nobody declared may have created
public record InboxSettings(int messages, long bytes, int unclaimedDevices, int seriesPerDevice) {
  public static final InboxSettings DEFAULT = new InboxSettings(50_000, 64L << 20, 1_000, 200);
}
