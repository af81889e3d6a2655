package io.vatio.app;

import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.ReadingsStored;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.SensorDataDecoder;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.reading.ReadingSettings;
import io.vatio.reading.SeriesModule;
import io.vatio.testing.Core;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The rooms from the database to the inbox in a process that is there to be killed: takes numbered
/// readings in as fast as it can, seals, merges and adds up far more often than a server does, and
/// prints the number of each reading once it is acknowledged.
///
/// Reading n belongs to series n mod 7; every eleventh is forty days late, every thirteenth comes
/// with a repetition of the one before.
final class TortureWorker {
  static final int SERIES = 7;
  static final Instant FIRST = Instant.parse("2026-02-01T00:00:00Z");
  private static final int IN_FLIGHT = 400;

  private TortureWorker() {}

  static Instant timeOf(int number) {
    Instant time = FIRST.plusMillis(number * 2_000L);
    return number % 11 == 0 ? time.minus(Duration.ofDays(40)) : time;
  }

  /// @param args URL of the database, number of the first reading, number after the last
  public static void main(String[] args) throws InterruptedException {
    int first = Integer.parseInt(args[1]);
    int end = Integer.parseInt(args[2]);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.US_ASCII);
    Core core = Core.start(args[0], Clock.systemUTC(), new SensorDataDecoder());
    core.readings.start(core.clock, new ReadingSettings(Duration.ofMillis(150)));
    SeriesModule series =
        SeriesModule.open(
            new SeriesModule.Needs(
                core.database,
                core.devices,
                core.visibility,
                core.catalogue,
                core.readings,
                core.sites.defaultSite().id(),
                Core.MADRID,
                _ -> Core.MADRID,
                core.clock,
                core.audit,
                seq -> core.events.publish(new ReadingsStored(seq, seq))));
    core.events.subscribe(
        ReadingsStored.class, stored -> series.rollups().heard(stored.fromSeq(), stored.toSeq()));
    series.start();
    out.println("open");
    out.flush();
    Semaphore window = new Semaphore(IN_FLIGHT);
    for (int number = first; number < end; number++) {
      send(core, number, window, out);
      if (number % 13 == 0 && number > first) {
        send(core, number - 1, window, out);
      }
    }
    window.acquire(IN_FLIGHT);
    while (series.rollups().backlog() > 0) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    series.close();
    core.readings.close();
    core.close();
    out.println("done");
    out.flush();
  }

  private static void send(Core core, int number, Semaphore window, PrintStream out)
      throws InterruptedException {
    if (window.availablePermits() == 0) {
      out.flush();
    }
    window.acquire();
    String payload =
        "{\"sensors\":{\"s%d\":%d},\"timestamp\":\"%s\"}"
            .formatted(number % SERIES, number, timeOf(number));
    core.inbox
        .accept(
            RawMessage.of(
                Origin.MQTT,
                "iot/sensors/TORTURE/data",
                payload.getBytes(StandardCharsets.UTF_8),
                core.clock.instant(),
                new Principal.Trusted("127.0.0.1", "operador", EnumSet.allOf(Permission.class))))
        .thenAccept(
            receipt -> {
              if (receipt instanceof Receipt.Stored || receipt instanceof Receipt.Duplicate) {
                // The end of the line shows that the kill did not cut the number.
                out.println(number + ".");
              }
              window.release();
            });
  }
}
