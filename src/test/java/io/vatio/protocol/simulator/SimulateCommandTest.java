package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class SimulateCommandTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "moon | simulate home, office, wind or device, not moon",
        "home --url ftp://x | --url must look like http://localhost:8000, not ftp://x",
        "home --url localhost:8000 | --url must look like http://localhost:8000",
        "home --mqtt localhost | --mqtt must look like localhost:1883, not localhost",
        "home --mqtt localhost:99999 | the port of --mqtt must be between 1 and 65535",
        "home --user admin | --user and --password go together; give both or neither",
        "home --interval 0 | --interval must be between 0.01 and 86400 seconds",
        "wind --error-rate 1.1 | --error-rate must be between 0 and 1",
        "wind --error-rate NaN | --error-rate must be between 0 and 1",
        "device --count 0 | --count must be between 1 and 10000",
        "home --tls --ca /nowhere.pem | the file /nowhere.pem of --ca cannot be read",
      })
  void says_in_one_sentence_what_is_wrong(String arguments, String sentence) {
    StringWriter err = new StringWriter();
    CommandLine line = new CommandLine(new SimulateCommand()).setErr(new PrintWriter(err));

    int exit = line.execute(arguments.split(" "));

    assertEquals(2, exit);
    assertTrue(err.toString().startsWith(sentence), err.toString());
  }

  @Test
  void help_names_every_scenario() {
    String help = new CommandLine(new SimulateCommand()).getUsageMessage();

    for (Scenario scenario : Scenario.values()) {
      assertTrue(help.contains(scenario.name().toLowerCase(java.util.Locale.ROOT)));
    }
  }
}
