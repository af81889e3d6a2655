package io.vatio.platform.http;

import io.netty.util.NetUtil;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A range of addresses such as `192.168.1.0/24` or `fd00::/8`.
public final class Cidr {
  private final String text;
  private final byte[] network;
  private final int bits;

  private Cidr(String text, byte[] network, int bits) {
    this.text = text;
    this.network = network;
    this.bits = bits;
  }

  /// Reads a range; a single address is a range of one.
  ///
  /// @throws IllegalArgumentException with a sentence for what is none
  public static Cidr parse(String text) {
    String range = text.strip();
    int slash = range.indexOf('/');
    byte[] network = bytes(slash < 0 ? range : range.substring(0, slash));
    int bits = -1;
    if (network != null) {
      try {
        bits = slash < 0 ? network.length * 8 : Integer.parseInt(range.substring(slash + 1));
      } catch (NumberFormatException _) {
        bits = -1;
      }
    }
    if (network == null || bits < 0 || bits > network.length * 8) {
      throw new IllegalArgumentException(
          "'" + range + "' is not a network such as 192.168.1.0/24 or fd00::/8");
    }
    return new Cidr(range, network, bits);
  }

  /// Whether an address (as text) lies in the range; a text that is no address does not.
  public boolean contains(String address) {
    byte[] candidate = bytes(address);
    if (candidate == null || candidate.length != network.length) {
      return false;
    }
    int whole = bits / 8;
    if (!Arrays.equals(network, 0, whole, candidate, 0, whole)) {
      return false;
    }
    int rest = bits % 8;
    int mask = 0xff << (8 - rest) & 0xff;
    return rest == 0 || (network[whole] & mask) == (candidate[whole] & mask);
  }

  private static byte @Nullable [] bytes(String address) {
    int zone = address.indexOf('%');
    byte[] bytes =
        NetUtil.createByteArrayFromIpAddressString(zone < 0 ? address : address.substring(0, zone));
    if (bytes != null && bytes.length == 16 && isMappedIpv4(bytes)) {
      return Arrays.copyOfRange(bytes, 12, 16);
    }
    return bytes;
  }

  private static boolean isMappedIpv4(byte[] bytes) {
    for (int i = 0; i < 10; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bytes[10] == (byte) 0xff && bytes[11] == (byte) 0xff;
  }

  @Override
  public String toString() {
    return text;
  }
}
