package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.messaging.TelegramSettings;
import io.vatio.platform.mail.MailSettings;
import io.vatio.protocol.gateway.BrokerUrl;
import io.vatio.protocol.mqtt.DoorLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {
  @TempDir Path folder;

  @Test
  void has_the_documented_defaults() {
    Settings settings = run(List.of(), Map.of());

    assertEquals(folder.resolve("./data"), settings.dataDir());
    assertTrue(settings.databaseUrl().isEmpty());
    assertEquals("0.0.0.0", settings.http().host());
    assertEquals(8000, settings.http().port());
    assertEquals(
        new Settings.Mqtt(
            "0.0.0.0",
            1883,
            8883,
            false,
            256 * 1024,
            DoorLimits.DEFAULT,
            3_600,
            Duration.ofDays(7),
            null),
        settings.mqtt());
    assertEquals("admin", settings.accounts().adminUser());
    assertNull(settings.accounts().adminPassword());
    assertTrue(settings.accounts().trustedNetworks().isEmpty());
    assertEquals("operador", settings.accounts().trustedRole());
    assertEquals(
        new Settings.SiteDefaults(ZoneId.of("Europe/Madrid"), "es", "EUR"), settings.site());
    assertFalse(settings.jsonLogs());
    assertFalse(settings.demo());
  }

  @Test
  void another_broker_takes_the_place_of_the_embedded_listeners_unless_they_are_asked_for() {
    String url = "mqtts://vatio:a%3Ab@broker.example.org";

    Settings instead = run(List.of(), Map.of("VATIO_BROKER_URL", url));
    assertEquals(0, instead.mqtt().port());
    assertEquals(0, instead.mqtt().tlsPort());
    assertFalse(instead.mqtt().embedded());
    BrokerUrl broker = Objects.requireNonNull(instead.mqtt().other()).url();
    assertEquals("a:b", broker.password());
    assertEquals("mqtts://broker.example.org:8883", broker.toString());
    assertFalse(instead.toString().contains("a%3Ab"));

    Settings beside = run(List.of(), Map.of("VATIO_BROKER_URL", url, "VATIO_MQTT_PORT", "1884"));
    assertEquals(1884, beside.mqtt().port());
    assertEquals(0, beside.mqtt().tlsPort());
    assertTrue(beside.mqtt().embedded());
  }

  @Test
  void every_example_and_every_default_is_a_right_value() {
    for (SettingsRow<?> row : SettingsRows.ALL) {
      row.type().read(row.example());
      if (row.fallback() != null) {
        row.type().read(row.fallback());
      }
    }
  }

  @Test
  void a_flag_beats_a_variable_and_a_variable_beats_the_file() throws IOException {
    file(
        """
        http:
          port: 1001
          host: 127.0.0.1
        mqtt.port: 1002
        """);

    Settings settings =
        run(
            List.of("--http-port", "3001"),
            Map.of("VATIO_HTTP_PORT", "2001", "VATIO_MQTT_PORT", "2002"));

    assertEquals(3001, settings.http().port());
    assertEquals(2002, settings.mqtt().port());
    assertEquals("127.0.0.1", settings.http().host());
  }

  @Test
  void reads_flags_in_both_spellings_and_bare_switches() {
    Settings settings =
        run(
            List.of("--http-port=81", "--mqtt-anonymous", "--mqtt-port", "0", "--mqtts-port=0"),
            Map.of());

    assertEquals(81, settings.http().port());
    assertTrue(settings.mqtt().anonymous());
    assertEquals(0, settings.mqtt().port());
    assertEquals(0, settings.mqtt().tlsPort());
    assertFalse(run(List.of("--mqtt-anonymous", "off"), Map.of()).mqtt().anonymous());
  }

  @Test
  void reads_lists_from_text_and_from_yaml() throws IOException {
    file("trusted:\n  networks: [192.168.1.0/24, 'fd00::/8']\n");

    Settings settings = run(List.of(), Map.of("VATIO_TRUSTED_PROXIES", "10.0.0.1 10.0.0.2,::1"));

    assertEquals("[192.168.1.0/24, fd00::/8]", settings.accounts().trustedNetworks().toString());
    assertEquals("[10.0.0.1, 10.0.0.2, ::1]", settings.http().trustedProxies().toString());
  }

  @Test
  void tells_everything_that_is_wrong_at_once() throws IOException {
    file("http:\n  porrt: 80\nfoo: 1\n");

    String message =
        fault(
            List.of("--htpp-host", "1.2.3.4", "oops", "--mqtt-port"),
            Map.of(
                "VATIO_HTTP_PORT", "70000",
                "VATIO_MQTT_ANONYMOUS", "maybe",
                "VATIO_TIMEZONE", "Europe/Nowhere",
                "VATIO_TRUSTED_NETWORKS", "192.168.1.0/33",
                "VATIO_LANGUAGE", "fr",
                "VATIO_CURRENCY", "euros",
                "VATIO_DATABASE_URL", "mysql://user:hunter2@db/vatio",
                "VATIO_TRUSTED_NETWROKS", "10.0.0.0/8",
                "VATIO_ANYTHING", "1"));

    assertEquals(
        """
        14 settings are wrong:
          - --htpp-host is not a setting; did you mean --http-host?
          - 'oops' is not a flag; flags look like --http-port 8080
          - --mqtt-port needs a value
          - VATIO_ANYTHING is not a setting
          - VATIO_TRUSTED_NETWROKS is not a setting; did you mean VATIO_TRUSTED_NETWORKS?
          - vatio.yaml: foo is not a setting
          - vatio.yaml: http.porrt is not a setting; did you mean http.port?
          - VATIO_DATABASE_URL must be postgresql://user:password@host:port/database, special characters in it percent-encoded
          - VATIO_HTTP_PORT must be a whole number from 0 to 65535, not '70000'
          - VATIO_MQTT_ANONYMOUS must be true or false, not 'maybe'
          - VATIO_TRUSTED_NETWORKS must be networks such as 192.168.1.0/24, fd00::/8, not '192.168.1.0/33'
          - VATIO_TIMEZONE must be a time zone such as Europe/Madrid, not 'Europe/Nowhere'
          - VATIO_LANGUAGE must be es or en, not 'fr'
          - VATIO_CURRENCY must be a currency code such as EUR, not 'euros'
        docs/configuration.md describes all of them.""",
        message);
  }

  @ParameterizedTest
  @CsvSource({
    "VATIO_KAFKA, kafka:9092",
    "VATIO_SMS_URL, http://sms",
    "VATIO_SMS_URL_FILE, /run/secrets/sms"
  })
  void refuses_what_only_later_versions_can_do(String name, String value) {
    String message = fault(List.of(), Map.of(name, value));

    assertTrue(message.contains(name + " is not available in this version"), message);
    assertFalse(message.contains("did you mean"), message);
  }

  @Test
  void reads_how_mail_and_telegram_go_out() {
    Settings settings =
        run(
            List.of(),
            Map.of(
                "VATIO_SMTP_URL", "smtps://vatio%40example.org:s%3Acret@mail.example.org",
                "VATIO_TELEGRAM_TOKEN", "12:geheim",
                "VATIO_TELEGRAM_BOT", "@vatio_bot"));

    MailSettings mail = Objects.requireNonNull(settings.mail());
    TelegramSettings telegram = Objects.requireNonNull(settings.telegram());
    assertEquals("vatio@example.org", mail.from());
    assertEquals(465, mail.server().port());
    assertEquals("s:cret", mail.server().password());
    assertEquals("https://api.telegram.org", telegram.api());
    assertEquals("vatio_bot", telegram.bot());
    assertFalse((settings + " " + mail + telegram).contains("cret"), settings::toString);
    assertFalse((settings + " " + telegram).contains("geheim"), settings::toString);
  }

  @Test
  void says_what_is_wrong_with_mail_and_telegram_without_their_secrets() {
    assertTrue(
        fault(List.of(), Map.of("VATIO_SMTP_URL", "smtp://mail.example.org"))
            .contains("smtp.url needs mail.from"));
    String message =
        fault(
            List.of(),
            Map.of(
                "VATIO_SMTP_URL", "http://u:geheim@mail",
                "VATIO_MAIL_FROM", "a@b.es\nBcc: c@d.es",
                "VATIO_TELEGRAM_TOKEN", "geheim /../x"));

    assertTrue(message.contains("VATIO_SMTP_URL must be smtp(s)://"), message);
    assertTrue(message.contains("VATIO_MAIL_FROM must be an e-mail address"), message);
    assertTrue(message.contains("VATIO_TELEGRAM_TOKEN must be the token"), message);
    assertFalse(message.contains("geheim"), message);
  }

  @Test
  void ignores_variables_of_others_and_of_the_launcher() {
    run(List.of(), Map.of("PATH", "/bin", "VATIO_JAVA_OPTIONS", "-Xmx1g", "HTTP_PORT", "x"));
  }

  @Test
  void takes_an_empty_variable_for_none() {
    assertEquals(8000, run(List.of(), Map.of("VATIO_HTTP_PORT", "")).http().port());
    assertEquals(8000, run(List.of(), Map.of("VATIO_CONFIG", "")).http().port());
  }

  @Test
  void reads_secrets_from_files() throws IOException {
    Files.writeString(folder.resolve("password.txt"), "from-a-file-1\n");
    Files.writeString(folder.resolve("db.txt"), "postgresql://u:p@db/vatio\n");

    Settings byVariable =
        run(
            List.of("--database-url-file", "db.txt"),
            Map.of("VATIO_ADMIN_PASSWORD_FILE", folder.resolve("password.txt").toString()));
    file("admin:\n  password_file: password.txt\n");
    Settings byKey = run(List.of(), Map.of());

    assertEquals("from-a-file-1", byVariable.accounts().adminPassword());
    assertEquals("postgresql://u:p@db/vatio", byVariable.databaseUrl().orElseThrow());
    assertEquals("from-a-file-1", byKey.accounts().adminPassword());
  }

  @Test
  void says_which_secret_file_is_missing_or_empty_or_one_too_many() throws IOException {
    Files.writeString(folder.resolve("empty.txt"), "\n");
    Files.writeString(folder.resolve("password.txt"), "from-a-file-1");

    String missing = fault(List.of(), Map.of("VATIO_ADMIN_PASSWORD_FILE", "none.txt"));
    String empty = fault(List.of(), Map.of("VATIO_DATABASE_URL_FILE", "empty.txt"));
    String both =
        fault(
            List.of(),
            Map.of(
                "VATIO_ADMIN_PASSWORD", "hunter2hunter2",
                "VATIO_ADMIN_PASSWORD_FILE", "password.txt"));
    String noSecret = fault(List.of(), Map.of("VATIO_HTTP_PORT_FILE", "password.txt"));

    assertTrue(
        missing.contains(
            "VATIO_ADMIN_PASSWORD_FILE: the file none.txt cannot be read: no such file"),
        missing);
    assertTrue(empty.contains("VATIO_DATABASE_URL_FILE: the file empty.txt cannot be read"), empty);
    assertTrue(
        both.contains("VATIO_ADMIN_PASSWORD and VATIO_ADMIN_PASSWORD_FILE: give only one"), both);
    assertTrue(noSecret.contains("VATIO_HTTP_PORT_FILE is not a setting"), noSecret);
  }

  @Test
  void never_shows_a_secret() {
    Map<String, String> environment =
        Map.of(
            "VATIO_ADMIN_PASSWORD", "hunter2hunter2",
            "VATIO_DATABASE_URL", "postgresql://vatio:s3cr3t@db/vatio");

    Settings settings = run(List.of(), environment);
    String shortPassword = fault(List.of("--admin-password", "hunter2"), Map.of());

    for (String shown :
        List.of(settings.toString(), settings.accounts().toString(), shortPassword)) {
      assertFalse(shown.contains("hunter2"), shown);
      assertFalse(shown.contains("s3cr3t"), shown);
    }
    assertTrue(
        settings.toString().contains("database.url = *** (VATIO_DATABASE_URL)"),
        settings.toString());
    assertTrue(settings.toString().contains("http.port = 8000 (default)"), settings.toString());
    assertTrue(
        shortPassword.contains("--admin-password must be 8 to 1024 characters long"),
        shortPassword);
  }

  @Test
  void reads_the_file_that_is_named_and_complains_when_it_is_not_there() throws IOException {
    Files.writeString(folder.resolve("other.yaml"), "http.port: 4001\n");

    assertEquals(4001, run(List.of("--config", "other.yaml"), Map.of()).http().port());
    assertEquals(4001, run(List.of(), Map.of("VATIO_CONFIG", "other.yaml")).http().port());
    String missing = fault(List.of("--config=none.yaml"), Map.of());
    assertTrue(missing.contains("none.yaml cannot be read: no such file"), missing);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http: {port: 1\n",
        "just a text",
        "- http",
        "http.port: 1\nhttp.port: 2\n",
        "http.port: 1\nhttp: {port: 2}\n",
        "a: &a [*a]",
        "\u0000"
      })
  void survives_a_file_that_is_no_settings(String content) throws IOException {
    file(content);

    String message = fault(List.of(), Map.of());

    assertTrue(message.contains("vatio.yaml"), message);
  }

  @Test
  void takes_an_empty_file_for_no_settings() throws IOException {
    file("# nothing yet\n");
    assertEquals(8000, run(List.of(), Map.of()).http().port());
    file("");
    assertEquals(8000, run(List.of(), Map.of()).http().port());
  }

  @Test
  void refuses_one_port_for_two_listeners() {
    String message = fault(List.of("--http-port", "1883"), Map.of());

    assertTrue(
        message.contains(
            "http.port, mqtt.port and mqtts.port must differ: they are 1883, 1883, 8883"),
        message);
    run(List.of("--mqtt-port=0", "--mqtts-port=0", "--http-port=0"), Map.of());
  }

  @Test
  void refuses_a_flag_that_is_given_twice() {
    String message = fault(List.of("--http-port=1", "--http-port=2"), Map.of());

    assertTrue(message.contains("--http-port is given twice"), message);
  }

  @Test
  void the_demo_is_closed_to_the_network_and_needs_no_settings() throws IOException {
    file("data.dir: /var/lib/real\nhttp.host: 0.0.0.0\n");

    Settings demo = SettingsReader.demo(List.of(), Map.of(), folder, folder.resolve("tmp"));

    assertTrue(demo.demo());
    assertEquals("127.0.0.1", demo.http().host());
    assertEquals("127.0.0.1", demo.mqtt().host());
    assertEquals(folder.resolve("tmp"), demo.dataDir());
    assertEquals("admin123", demo.accounts().adminPassword());
    assertTrue(demo.accounts().demo());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.168.1.10", "example.org", "127.evil.example"})
  void the_demo_refuses_every_address_but_loopback(String host) {
    for (String name : List.of("VATIO_HTTP_HOST", "VATIO_MQTT_HOST")) {
      StartFailure failure =
          assertThrows(
              StartFailure.class,
              () -> SettingsReader.demo(List.of(), Map.of(name, host), folder, folder));
      assertTrue(
          String.valueOf(failure.getMessage()).contains("listens on 127.0.0.1 only"),
          failure.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1", "127.0.1.1", "::1"})
  void the_demo_takes_every_name_of_loopback(String host) {
    SettingsReader.demo(List.of("--http-host", host), Map.of(), folder, folder);
  }

  @Test
  void the_demo_refuses_a_real_database() {
    assertThrows(
        StartFailure.class,
        () ->
            SettingsReader.demo(
                List.of(), Map.of("VATIO_DATABASE_URL", "postgresql://db/vatio"), folder, folder));
  }

  private Settings run(List<String> flags, Map<String, String> environment) {
    return SettingsReader.run(flags, environment, folder);
  }

  private String fault(List<String> flags, Map<String, String> environment) {
    return String.valueOf(
        assertThrows(StartFailure.class, () -> run(flags, environment)).getMessage());
  }

  private void file(String yaml) throws IOException {
    Files.writeString(folder.resolve("vatio.yaml"), yaml);
  }

  @Test
  void the_demo_keeps_the_login_that_it_prints() {
    StartFailure failure =
        assertThrows(
            StartFailure.class,
            () ->
                SettingsReader.demo(
                    List.of("--admin-user", "ana"),
                    Map.of("VATIO_ADMIN_PASSWORD", "una-clave-propia"),
                    folder,
                    folder));

    assertTrue(failure.getMessage().contains("--admin-user: the demo logs in as admin / admin123"));
    assertTrue(failure.getMessage().contains("VATIO_ADMIN_PASSWORD: the demo logs in as admin"));
    assertFalse(failure.getMessage().contains("una-clave-propia"));
  }
}
