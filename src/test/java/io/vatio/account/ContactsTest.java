package io.vatio.account;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Databases.class)
class ContactsTest {
  private static final long ADMIN = 1;

  @Parameter Databases kind;
  @TempDir Path folder;

  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00Z");
  private String url;
  private AccessServer server;
  private Contacts contacts;

  @BeforeEach
  void start() {
    url = kind.newUrl(folder);
    open();
  }

  private void open() {
    server = AccessServer.start(url, AccessServer.settings(folder), clock);
    contacts = server.accounts.contacts();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void a_code_is_good_once_and_only_for_what_it_was_made_for() {
    String code = contacts.makeCode(ADMIN, CodePurpose.EMAIL, "ana@example.com");

    assertEquals(43, code.length());
    assertFalse(stored().contains(code));
    assertEquals(new CodeCheck.Missing(), contacts.useCode(ADMIN, CodePurpose.PASSWORD, code));
    assertEquals(new CodeCheck.Wrong(), contacts.useCode(CodePurpose.PASSWORD, code));
    assertEquals(
        new CodeCheck.Right(ADMIN, "ana@example.com"),
        contacts.checkCode(ADMIN, CodePurpose.EMAIL, code));
    assertEquals(
        new CodeCheck.Right(ADMIN, "ana@example.com"),
        contacts.useCode(ADMIN, CodePurpose.EMAIL, code));
    assertEquals(new CodeCheck.Missing(), contacts.useCode(ADMIN, CodePurpose.EMAIL, code));
    assertEquals(new CodeCheck.Wrong(), contacts.useCode(CodePurpose.EMAIL, code));
  }

  @Test
  void a_code_runs_out_and_a_new_one_replaces_it() {
    String old = contacts.makeCode(ADMIN, CodePurpose.TELEGRAM, "");
    String code = contacts.makeCode(ADMIN, CodePurpose.TELEGRAM, "");

    assertTrue(code.matches("[0-9A-F]{8}"), code);
    assertNotEquals(old, code);
    assertEquals(new CodeCheck.Wrong(), contacts.useCode(CodePurpose.TELEGRAM, old));
    assertTrue(contacts.hasPendingCode(ADMIN, CodePurpose.TELEGRAM));
    assertEquals(Optional.of(clock.instant()), contacts.codeSentAt(ADMIN, CodePurpose.TELEGRAM));
    clock.advance(Duration.ofMinutes(15));
    assertFalse(contacts.hasPendingCode(ADMIN, CodePurpose.TELEGRAM));
    assertEquals(new CodeCheck.Expired(), contacts.checkCode(ADMIN, CodePurpose.TELEGRAM, code));
    assertEquals(new CodeCheck.Expired(), contacts.useCode(CodePurpose.TELEGRAM, code));
  }

  @Test
  void a_short_code_may_be_typed_in_small_letters() {
    String code = contacts.makeCode(ADMIN, CodePurpose.TELEGRAM, "");

    assertInstanceOf(
        CodeCheck.Right.class,
        contacts.useCode(CodePurpose.TELEGRAM, " " + code.toLowerCase(Locale.ROOT) + " "));
  }

  @Test
  void ten_wrong_guesses_void_a_code() {
    String code = contacts.makeCode(ADMIN, CodePurpose.TELEGRAM, "");
    for (int i = 0; i < Codes.MAX_FAILURES; i++) {
      assertEquals(
          new CodeCheck.Wrong(), contacts.checkCode(ADMIN, CodePurpose.TELEGRAM, "XXXXXXXX"));
    }

    assertEquals(new CodeCheck.Wrong(), contacts.useCode(ADMIN, CodePurpose.TELEGRAM, code));
    assertEquals(new CodeCheck.Wrong(), contacts.useCode(CodePurpose.TELEGRAM, code));
    assertFalse(contacts.hasPendingCode(ADMIN, CodePurpose.TELEGRAM));
    assertInstanceOf(
        CodeCheck.Right.class,
        contacts.useCode(
            ADMIN, CodePurpose.TELEGRAM, contacts.makeCode(ADMIN, CodePurpose.TELEGRAM, "")));
  }

  @Test
  void a_chat_belongs_to_one_person_and_survives_a_restart() {
    AccountDraft draft = new AccountDraft();
    draft.username = "eva";
    long eva = server.accounts.accounts().create(draft, null).id();

    assertTrue(contacts.linkTelegram(ADMIN, "77", "@admin"));
    assertTrue(contacts.linkTelegram(ADMIN, "77", "@admin"));
    assertFalse(contacts.linkTelegram(eva, "77", null));
    assertFalse(contacts.linkTelegram(99, "78", null));
    server.close();
    open();

    Contact admin = contacts.findByTelegramChat("77").orElseThrow();
    assertEquals(ADMIN, admin.id());
    assertEquals("@admin", admin.telegramUsername());
    assertTrue(admin.takesTelegram());
    contacts.setTelegramNotifications(ADMIN, false);
    assertFalse(contacts.findById(ADMIN).orElseThrow().takesTelegram());
    assertTrue(contacts.unlinkTelegram(ADMIN));
    assertFalse(contacts.unlinkTelegram(ADMIN));
    assertTrue(contacts.findByTelegramChat("77").isEmpty());
    assertEquals(List.of(ADMIN, eva), contacts.list().stream().map(Contact::id).toList());
  }

  @Test
  void an_address_is_proved_only_while_it_is_the_persons_own() {
    server.accounts.accounts().update(ADMIN, draft -> draft.email = "ana@example.com");

    assertFalse(contacts.verifyEmail(ADMIN, "old@example.com"));
    assertFalse(contacts.findById(ADMIN).orElseThrow().takesMail());
    assertTrue(contacts.verifyEmail(ADMIN, "ana@example.com"));
    assertTrue(contacts.findById(ADMIN).orElseThrow().takesMail());
    contacts.setEmailNotifications(ADMIN, false);
    assertFalse(contacts.findById(ADMIN).orElseThrow().takesMail());
  }

  private String stored() {
    return server
        .database
        .<List<Map<String, Object>>>read(
            h -> h.createQuery("SELECT * FROM account_code").mapToMap().list())
        .toString();
  }
}
