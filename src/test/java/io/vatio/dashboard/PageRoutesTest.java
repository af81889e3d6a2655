package io.vatio.dashboard;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vatio.testing.Port;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageRoutesTest {
  @TempDir Path folder;

  @Test
  void answers_those_who_only_look_too() throws Exception {
    Path authority = Files.writeString(folder.resolve("ca.crt"), "a certificate");
    try (Port port = new Port(new PageRoutes(authority)::addTo)) {
      assertEquals(200, port.get("/ca.crt", "").status());
      assertEquals(200, port.send("HEAD", "/ca.crt", "", "").status());
      assertEquals(404, port.send("HEAD", "/nothing", "", "").status());
    }
  }
}
