package io.vatio.app;

import io.vatio.backup.BackupException;
import io.vatio.bench.BenchCommand;
import io.vatio.protocol.simulator.SimulateCommand;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// The command line: `vatio <command>`.
@Command(
    name = "vatio",
    mixinStandardHelpOptions = true,
    description = "One server for sensors, devices and energy.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "./vatio test runs every test of the source tree. Settings: docs/configuration.md"
    },
    subcommands = {
      DemoCommand.class,
      RunCommand.class,
      SimulateCommand.class,
      BenchCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      TrainCommand.class,
      CommandLine.HelpCommand.class,
    })
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    CommandLine line =
        new CommandLine(new Main())
            .setExecutionExceptionHandler(
                (failure, command, _) -> {
                  if (failure instanceof StartFailure || failure instanceof BackupException) {
                    command.getErr().println(failure.getMessage());
                    return 1;
                  }
                  throw failure;
                });
    String version = Main.class.getPackage().getImplementationVersion();
    for (CommandLine command : line.getSubcommands().values()) {
      command.getCommandSpec().version("Vatio " + version);
    }
    line.getCommandSpec().version("Vatio " + version);
    System.exit(args.length == 0 ? usage(line) : line.execute(args));
  }

  private static int usage(CommandLine line) {
    line.usage(line.getOut());
    return CommandLine.ExitCode.USAGE;
  }
}
