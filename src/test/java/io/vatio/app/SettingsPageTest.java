package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SettingsPageTest {
  private static final Path PAGE = Path.of("docs", "configuration.md");

  @Test
  void the_page_says_what_the_program_does() throws IOException {
    if (Boolean.getBoolean("vatio.write-docs")) {
      Files.writeString(PAGE, SettingsPage.markdown());
    }

    assertEquals(
        SettingsPage.markdown(),
        Files.readString(PAGE),
        "docs/configuration.md is behind the program; make it anew with"
            + " ./mvnw -DskipWeb -Dtest=SettingsPageTest -Dvatio.write-docs=true test");
  }
}
