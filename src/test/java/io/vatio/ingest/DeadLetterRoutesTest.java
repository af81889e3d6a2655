package io.vatio.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.kernel.Principal;
import io.vatio.testing.Core;
import io.vatio.testing.Databases;
import io.vatio.testing.FixedClock;
import io.vatio.testing.Port;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DeadLetterRoutesTest {
  private static final String PATH = "/api/dead-letters/";

  @TempDir Path folder;
  private final FixedClock clock = FixedClock.at("2026-03-01T10:00:00.25Z");
  private Core core;
  private Port port;

  @AfterEach
  void close() {
    port.close();
    core.close();
  }

  @Test
  void shows_what_was_refused_from_whom_and_why() throws Exception {
    start(Databases.SQLITE);
    refuse("{\"serial_number\":\"a\",\"parametros\":[1]}".getBytes(StandardCharsets.UTF_8));

    assertEquals(
        """
        {"count":1,"next":null,"previous":null,"results":[{"id":1,\
        "received_at":"2026-03-01T10:00:00.250Z","origin":"MQTT","address":"dispositivos/estado",\
        "sender":"anonymous:192.168.1.9","reason":"valor",\
        "detail":"\\"parametros\\" debe ser un objeto JSON.",\
        "payload":"{\\"serial_number\\":\\"a\\",\\"parametros\\":[1]}","size":38}]}""",
        port.get(PATH, "admin").body());
  }

  @Test
  void pages_newest_first() throws Exception {
    start(Databases.SQLITE);
    for (int i = 0; i < 120; i++) {
      refuse(("abc" + i).getBytes(StandardCharsets.UTF_8));
    }

    JsonNode first = port.get(PATH + "?page_size=500", "admin").json();
    JsonNode third = port.get(PATH + "?page=3", "admin").json();
    JsonNode small = port.get("/api/dead-letters?page=2&page_size=10", "admin").json();

    String url = "http://127.0.0.1:" + port.number + PATH;
    String bare = url.substring(0, url.length() - 1);
    assertEquals(120, first.path("count").asInt());
    assertEquals(50, first.path("results").size());
    assertEquals("abc119", first.path("results").path(0).path("payload").asText());
    assertEquals(url + "?page_size=500&page=2", first.path("next").asText());
    assertEquals(20, third.path("results").size());
    assertTrue(third.path("next").isNull());
    assertEquals(url + "?page=2", third.path("previous").asText());
    assertEquals(bare + "?page_size=10&page=3", small.path("next").asText());
    assertEquals(400, port.get(PATH + "?page=x", "admin").status());
    assertEquals(404, port.get(PATH + "?page=99", "admin").status());
  }

  @ParameterizedTest
  @EnumSource(Databases.class)
  void bytes_that_are_no_text_are_kept_and_shown_all_the_same(Databases kind) throws Exception {
    start(kind);
    refuse(new byte[] {'a', 0, 'b', (byte) 0xff, 'c'});
    refuse(
        "{\"serial_number\":\"a\",\"parametros\":{\"x\\u0000y\":1}}"
            .getBytes(StandardCharsets.UTF_8));
    refuse("{\"serial_number\":\"\\ud800\"}".getBytes(StandardCharsets.UTF_8));

    JsonNode results = port.get(PATH, "admin").json().path("results");

    assertEquals(3, results.size());
    assertEquals("a\0b\ufffdc", results.path(2).path("payload").asText());
  }

  @Test
  void only_a_superuser_may_look() throws Exception {
    start(Databases.SQLITE);

    assertEquals(401, port.get(PATH, "").status());
    assertEquals(403, port.get(PATH, "manager").status());
    assertEquals(403, port.get(PATH, "device").status());
  }

  private void start(Databases kind) {
    core = Core.start(kind.newUrl(folder), clock, new DeviceStateDecoder());
    port = new Port(new DeadLetterRoutes(core.deadLetters)::addTo);
  }

  private void refuse(byte[] payload) throws Exception {
    Receipt receipt =
        core.inbox
            .accept(
                RawMessage.of(
                    Origin.MQTT,
                    "dispositivos/estado",
                    payload,
                    clock.instant(),
                    new Principal.Anonymous("192.168.1.9")))
            .get(30, TimeUnit.SECONDS);
    assertInstanceOf(Receipt.Rejected.class, receipt);
  }
}
