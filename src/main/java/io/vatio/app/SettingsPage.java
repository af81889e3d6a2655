package io.vatio.app;

import java.util.stream.Collectors;

/// The text of `docs/configuration.md`, made from the rows so that it cannot lag behind them.
final class SettingsPage {
  private static final String PAGE =
      """
      # Settings

      <!-- Made from SettingsRows. To make it anew: ./mvnw -DskipWeb -Dtest=SettingsPageTest -Dvatio.write-docs=true test -->

      Every setting can be given as a flag (`--http-port 8080`), as an environment variable
      (`VATIO_HTTP_PORT=8080`) or in a file `vatio.yaml` in the working directory:

      ```yaml
      http:
        port: 8080
      trusted:
        networks: [192.168.1.0/24]
      ```

      A flag beats a variable, a variable beats the file, the file beats the default. Another file is
      named with `--config FILE` or `VATIO_CONFIG`. An empty variable counts as not given.

      Secrets are better kept out of command lines and environments: each one marked below can also
      come from a file, named with `--admin-password-file FILE`, `VATIO_ADMIN_PASSWORD_FILE` or
      `admin.password_file`; so does every other secret. Secrets are never printed.

      An unknown name or a wrong value stops the start, and all of them are told at once.

      `vatio demo` differs: it listens on 127.0.0.1 and refuses every other address, uses a
      throw-away data folder and the embedded database, logs in as `admin` / `admin123`, and does not
      look for `vatio.yaml`.

      | key, variable, flag | type | default | example | meaning |
      |---|---|---|---|---|
      %s

      ## Not in this version

      These belong to later versions. Giving one stops the start, for a server that took it would
      promise what it does not do.

      | variable | for |
      |---|---|
      %s
      """;

  private SettingsPage() {}

  static String markdown() {
    return PAGE.formatted(
        SettingsRows.ALL.stream().map(SettingsPage::line).collect(Collectors.joining("\n")),
        SettingsRows.LATER.entrySet().stream()
            .map(e -> "| `%s` | %s |".formatted(SettingsRow.variable(e.getKey()), e.getValue()))
            .collect(Collectors.joining("\n")));
  }

  private static String line(SettingsRow<?> row) {
    return "| `%s`<br>`%s`<br>`%s` | %s%s%s | %s | `%s` | %s |"
        .formatted(
            row.key(),
            row.variable(),
            row.flag(),
            row.type().name(),
            row.unit().isEmpty() ? "" : ", " + row.unit(),
            row.secret() ? ", **secret**" : "",
            row.fallback() == null ? "none" : "`" + row.fallback() + "`",
            row.example(),
            row.meaning());
  }
}
