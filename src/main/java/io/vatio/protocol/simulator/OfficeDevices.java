package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// The loads of an office: lighting, air conditioning, servers and UPS, in turn.
final class OfficeDevices {
  private OfficeDevices() {}

  static List<Source> of(SimulationPlan plan) {
    SplittableRandom random = new SplittableRandom(plan.seed());
    return IntStream.rangeClosed(1, plan.count())
        .<Source>mapToObj(number -> new OfficeLoad(number, plan.zone(), random.split()))
        .toList();
  }

  /// @param idleShare what the load draws outside working hours, of `ratedW`
  private enum Kind {
    LIGHTING("iluminacion", "Iluminación", 1200, 0.04, 24),
    CLIMATE("climatizacion", "Climatización", 2600, 0.03, 22),
    SERVERS("servidores", "Servidores", 900, 0.72, 27),
    UPS("sai", "SAI", 450, 0.80, 29);

    private final String type;
    private final String label;
    private final double ratedW;
    private final double idleShare;
    private final double temperature;

    Kind(String type, String label, double ratedW, double idleShare, double temperature) {
      this.type = type;
      this.label = label;
      this.ratedW = ratedW;
      this.idleShare = idleShare;
      this.temperature = temperature;
    }

    boolean alwaysOn() {
      return this == SERVERS || this == UPS;
    }
  }

  private static final class OfficeLoad implements Source {
    private final Kind kind;
    private final DeviceProfile profile;
    private final ZoneId zone;
    private final Drift usage;
    private final Drift heat;
    private final EnergyCounter counter = new EnergyCounter();

    OfficeLoad(int number, ZoneId zone, SplittableRandom random) {
      this.kind = Kind.values()[(number - 1) % Kind.values().length];
      this.profile =
          new DeviceProfile(
              "SIM-OFI-%02d".formatted(number),
              kind.label + " " + number,
              kind.type,
              "Simulado O-01",
              "Carga de oficina");
      this.zone = zone;
      this.usage = new Drift(0.8, 0.08, Duration.ofMinutes(5), random.split());
      this.heat = new Drift(kind.temperature, 0.7, Duration.ofMinutes(20), random.split());
    }

    @Override
    public DeviceProfile profile() {
      return profile;
    }

    @Override
    public Message next(Instant now) {
      DayTime day = DayTime.of(now, zone);
      boolean working = !day.weekend() && day.between(8, 19);
      double wandering = Math.clamp(usage.at(now), 0.05, 1);
      double share = working ? Math.max(wandering, kind.idleShare) : kind.idleShare * wandering;
      double watts = Message.rounded(kind.ratedW * share, 1);
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("potencia_w", watts);
      parameters.put("energia_kwh", counter.advance(now, watts));
      parameters.put("temperatura", Message.rounded(heat.at(now) + day.warmth(), 2));
      if (kind == Kind.UPS) {
        parameters.put("carga_pct", 100);
      }
      return Message.status(
          profile.serial(), working || kind.alwaysOn() ? "activo" : "inactivo", parameters, now);
    }
  }
}
