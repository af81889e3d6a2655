package io.vatio.platform.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.FixedClock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateKeeperTest {
  private static final Set<String> NAMES = Set.of("localhost");

  private final FixedClock clock = FixedClock.at("2026-05-01T12:00:00Z");
  @TempDir Path folder;

  @Test
  void renews_its_own_certificate_before_it_ends() {
    CertificateKeeper keeper = CertificateKeeper.own(folder.resolve("tls"), NAMES, clock);
    CertificateKeeper.Pem first = keeper.current();
    assertTrue(keeper.refresh().isEmpty());

    clock.advance(Duration.ofDays(796));
    CertificateKeeper.Pem second = keeper.refresh().orElseThrow();

    assertNotEquals(first, second);
    assertEquals(second, keeper.current());
    assertTrue(keeper.refresh().isEmpty());
  }

  @Test
  void takes_what_somebody_put_there_once_both_files_fit() throws Exception {
    CertificateKeeper keeper = CertificateKeeper.own(folder.resolve("tls"), NAMES, clock);
    CertificateKeeper.Pem first = keeper.current();
    ServerCertificate other = ServerCertificate.ensure(folder.resolve("other"), NAMES, clock);

    copy(other.certificate(), keeper.files().certificate());
    assertTrue(keeper.refresh().isEmpty(), "the key of the old one does not fit");
    assertEquals(first, keeper.current());
    assertEquals(
        Files.readString(other.certificate()),
        Files.readString(keeper.files().certificate()),
        "what somebody put there is not overwritten");

    copy(other.key(), keeper.files().key());
    assertEquals(
        Files.readString(other.certificate()), keeper.refresh().orElseThrow().certificate());
  }

  @Test
  void a_broken_replacement_changes_nothing() throws Exception {
    CertificateKeeper keeper = CertificateKeeper.own(folder.resolve("tls"), NAMES, clock);
    CertificateKeeper.Pem first = keeper.current();

    Files.writeString(keeper.files().certificate(), "rubbish");
    assertTrue(keeper.refresh().isEmpty());
    Files.delete(keeper.files().certificate());
    assertTrue(keeper.refresh().isEmpty());

    assertEquals(first, keeper.current());
  }

  @Test
  void a_given_certificate_is_checked_at_the_start() throws Exception {
    ServerCertificate one = ServerCertificate.ensure(folder.resolve("one"), NAMES, clock);
    ServerCertificate two = ServerCertificate.ensure(folder.resolve("two"), NAMES, clock);

    assertEquals(
        Files.readString(one.certificate()),
        given(one.certificate(), one.key()).current().certificate());
    assertFault(
        "the key in %s is not the one of the certificate in %s"
            .formatted(two.key(), one.certificate()),
        one.certificate(),
        two.key());
    assertFault(
        "the file " + folder.resolve("none") + " is missing", folder.resolve("none"), one.key());
    assertFault("is not a private key", one.certificate(), one.certificate());
    clock.advance(Duration.ofDays(900));
    assertFault("has expired", one.certificate(), one.key());
  }

  private CertificateKeeper given(Path certificate, Path key) {
    return CertificateKeeper.given(certificate, key, folder.resolve("ca.crt"), clock);
  }

  private void assertFault(String part, Path certificate, Path key) {
    var fault = assertThrows(IllegalStateException.class, () -> given(certificate, key));
    assertTrue(String.valueOf(fault.getMessage()).contains(part), fault.getMessage());
  }

  private static void copy(Path from, Path to) throws Exception {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }
}
