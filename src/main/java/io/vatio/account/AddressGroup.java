package io.vatio.account;

import io.netty.util.NetUtil;
import java.util.HexFormat;

/// The group of addresses that one subscriber usually has: one IPv4 address, or the first 64 bits
/// of an IPv6 address.
public final class AddressGroup {
  private static final int PREFIX_BYTES = 8;
  private static final int MAX_LENGTH = 60;

  private AddressGroup() {}

  /// The group's name; a text that is no address is its own group.
  public static String of(String address) {
    int zone = address.indexOf('%');
    byte[] bytes =
        NetUtil.createByteArrayFromIpAddressString(zone < 0 ? address : address.substring(0, zone));
    if (bytes == null || bytes.length != 16) {
      return address.length() > MAX_LENGTH ? address.substring(0, MAX_LENGTH) : address;
    }
    return HexFormat.of().formatHex(bytes, 0, PREFIX_BYTES);
  }
}
