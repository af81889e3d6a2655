package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
  @ParameterizedTest
  @CsvSource({
    "192.168.1.0/24, 192.168.1.7, true",
    "192.168.1.0/24, 192.168.2.7, false",
    "192.168.1.0/25, 192.168.1.127, true",
    "192.168.1.0/25, 192.168.1.128, false",
    "10.0.0.0/8, 10.255.0.1, true",
    "0.0.0.0/0, 8.8.8.8, true",
    "127.0.0.1, 127.0.0.1, true",
    "127.0.0.1, 127.0.0.2, false",
    "127.0.0.0/8, ::ffff:127.0.0.1, true",
    "fd00::/8, fd12:3456::1, true",
    "fd00::/8, fe80::1%eth0, false",
    "::1, ::1, true",
    "::1, 127.0.0.1, false",
    "10.0.0.0/8, not an address, false",
    "10.0.0.0/8, '', false"
  })
  void contains_what_its_bits_say(String network, String address, boolean inside) {
    assertEquals(inside, Cidr.parse(network).contains(address));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/a", "300.1.1.1", "::1/129"})
  void refuses_what_is_no_network(String text) {
    assertThrows(IllegalArgumentException.class, () -> Cidr.parse(text));
  }
}
