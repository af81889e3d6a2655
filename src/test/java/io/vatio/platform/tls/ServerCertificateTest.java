package io.vatio.platform.tls;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerCertificateTest {
  private static final Instant NOW = Instant.parse("2026-05-01T12:00:00Z");
  private static final Set<String> NAMES = Set.of("localhost", "127.0.0.1", "vatio.example");

  @TempDir Path folder;

  private ServerCertificate ensure(Instant now, Set<String> names) {
    return ServerCertificate.ensure(folder.resolve("tls"), names, Clock.fixed(now, ZoneOffset.UTC));
  }

  private static X509Certificate read(Path file) throws Exception {
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
  }

  @Test
  void makes_an_authority_and_a_server_certificate_that_only_the_owner_can_use() throws Exception {
    ServerCertificate made = ensure(NOW, NAMES);

    X509Certificate authority = read(made.authority());
    X509Certificate server = read(made.certificate());
    server.verify(authority.getPublicKey());
    authority.verify(authority.getPublicKey());
    assertEquals(0, authority.getBasicConstraints());
    assertEquals(-1, server.getBasicConstraints());
    assertEquals(NAMES, ServerCertificate.namesOf(server));
    assertEquals(NOW.plus(Duration.ofDays(825)), server.getNotAfter().toInstant());
    assertEquals(NOW.plus(Duration.ofDays(3_650)), authority.getNotAfter().toInstant());
    assertEquals("rwx------", rights(folder.resolve("tls")));
    assertEquals("rw-------", rights(made.key()));
    assertEquals("rw-------", rights(folder.resolve("tls/ca.key")));
  }

  private static String rights(Path file) throws Exception {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void keeps_what_is_still_good() throws Exception {
    byte[] before = Files.readAllBytes(ensure(NOW, NAMES).certificate());

    ServerCertificate again = ensure(NOW.plus(Duration.ofDays(700)), Set.of("localhost"));

    assertArrayEquals(before, Files.readAllBytes(again.certificate()));
  }

  @Test
  void renews_the_server_certificate_before_it_ends_and_keeps_the_authority() throws Exception {
    ServerCertificate first = ensure(NOW, NAMES);
    byte[] authority = Files.readAllBytes(first.authority());
    byte[] server = Files.readAllBytes(first.certificate());

    ServerCertificate later = ensure(NOW.plus(Duration.ofDays(796)), NAMES);

    assertArrayEquals(authority, Files.readAllBytes(later.authority()));
    assertNotEquals(new String(server), Files.readString(later.certificate()));
    read(later.certificate()).verify(read(later.authority()).getPublicKey());
  }

  @Test
  void makes_a_new_one_when_the_server_has_a_new_name() throws Exception {
    ensure(NOW, NAMES);

    ServerCertificate moved = ensure(NOW, Set.of("localhost", "192.168.1.9"));

    assertEquals(
        Set.of("localhost", "192.168.1.9"), ServerCertificate.namesOf(read(moved.certificate())));
  }

  @Test
  void a_key_that_does_not_fit_is_made_anew() throws Exception {
    ServerCertificate first = ensure(NOW, NAMES);
    Files.copy(
        folder.resolve("tls/ca.key"),
        first.key(),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    byte[] before = Files.readAllBytes(first.certificate());

    ServerCertificate second = ensure(NOW, NAMES);

    assertNotEquals(new String(before), Files.readString(second.certificate()));
  }

  @Test
  void a_certificate_of_another_authority_is_somebodys_own_and_stays() throws Exception {
    ServerCertificate other =
        ServerCertificate.ensure(
            folder.resolve("other"), Set.of("own.example"), Clock.fixed(NOW, ZoneOffset.UTC));
    Files.createDirectories(folder.resolve("tls"));
    Files.copy(other.certificate(), folder.resolve("tls/server.crt"));
    Files.copy(other.key(), folder.resolve("tls/server.key"));

    ServerCertificate used = ensure(NOW, NAMES);

    assertEquals(Set.of("own.example"), ServerCertificate.namesOf(read(used.certificate())));
    assertFalse(Files.exists(folder.resolve("tls/ca.crt")));
  }

  @Test
  void a_file_that_is_no_certificate_is_named_in_the_error() throws Exception {
    ServerCertificate made = ensure(NOW, NAMES);
    Files.writeString(made.certificate(), "hello");

    var failure = assertThrows(UncheckedIOException.class, () -> ensure(NOW, NAMES));

    assertTrue(failure.getMessage().contains("server.crt"), failure.getMessage());
  }

  @Test
  void names_of_this_machine_hold_loopback_and_the_public_address() {
    Set<String> names = ServerNames.of("https://Energia.Example:8443/x");

    assertTrue(
        names.containsAll(Set.of("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1", "energia.example")),
        names.toString());
  }
}
