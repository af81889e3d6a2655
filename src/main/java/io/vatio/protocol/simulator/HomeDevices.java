package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/// The devices of a home: its main meter, thermometers and smart plugs.
final class HomeDevices {
  static final String METER_SERIAL = "medidor-principal";
  static final String METER_TOPIC = "energy/consumption";

  private HomeDevices() {}

  static List<Source> of(SimulationPlan plan) {
    SplittableRandom random = new SplittableRandom(plan.seed());
    List<Source> sources = new ArrayList<>();
    sources.add(new Meter(new Household(plan.zone(), random.split())));
    for (int number = 1; number <= plan.count(); number++) {
      sources.add(new Thermometer(number, plan.zone(), random.split()));
      sources.add(new Plug(number, plan.zone(), random.split()));
    }
    return List.copyOf(sources);
  }

  /// Publishes kW as bare text; only a late value carries its time, because bare text means "now".
  private record Meter(Household household) implements Source {
    private static final DeviceProfile PROFILE =
        new DeviceProfile(
            METER_SERIAL,
            "Medidor principal",
            "medidor",
            "Simulado",
            "Contador general de la vivienda");

    @Override
    public DeviceProfile profile() {
      return PROFILE;
    }

    @Override
    public Message next(Instant now) {
      double power = household.powerKw(now);
      Map<String, Object> late = new LinkedHashMap<>();
      late.put("value", power);
      late.put("timestamp", Message.time(now));
      return new Message(METER_TOPIC, Double.toString(power), Message.json(late));
    }
  }

  private static final class Thermometer implements Source {
    private final DeviceProfile profile;
    private final ZoneId zone;
    private final Drift comfort;
    private final Drift humidity;

    Thermometer(int number, ZoneId zone, SplittableRandom random) {
      this.profile =
          new DeviceProfile(
              "SIM-TMP-%02d".formatted(number),
              "Termómetro " + number,
              "termometro",
              "Simulado T-01",
              "Temperatura y humedad interiores");
      this.zone = zone;
      this.comfort = new Drift(21, 0.6, Duration.ofMinutes(40), random.split());
      this.humidity = new Drift(46, 5, Duration.ofHours(1), random.split());
    }

    @Override
    public DeviceProfile profile() {
      return profile;
    }

    @Override
    public Message next(Instant now) {
      double temperature = comfort.at(now) + DayTime.of(now, zone).warmth();
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("temperatura", Message.rounded(Math.clamp(temperature, 10, 35), 2));
      parameters.put("humedad", Message.rounded(Math.clamp(humidity.at(now), 20, 80), 1));
      return Message.status(profile.serial(), "activo", parameters, now);
    }
  }

  private static final class Plug implements Source {
    private static final double STANDBY_W = 1.5;
    private final DeviceProfile profile;
    private final ZoneId zone;
    private final Drift load;
    private final Drift volts;
    private final EnergyCounter counter = new EnergyCounter();

    Plug(int number, ZoneId zone, SplittableRandom random) {
      this.profile =
          new DeviceProfile(
              "SIM-PLG-%02d".formatted(number),
              "Enchufe " + number,
              "enchufe",
              "Simulado P-01",
              "Enchufe con medida de consumo");
      this.zone = zone;
      this.load = new Drift(95, 25, Duration.ofMinutes(4), random.split());
      this.volts = new Drift(231, 2, Duration.ofMinutes(10), random.split());
    }

    @Override
    public DeviceProfile profile() {
      return profile;
    }

    @Override
    public Message next(Instant now) {
      boolean on = DayTime.of(now, zone).between(7, 24);
      double wandering = Math.clamp(load.at(now), 20, 2300);
      double watts = Message.rounded(on ? wandering : STANDBY_W, 1);
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("potencia_w", watts);
      parameters.put("energia_kwh", counter.advance(now, watts));
      parameters.put("voltaje", Message.rounded(Math.clamp(volts.at(now), 207, 253), 1));
      return Message.status(profile.serial(), on ? "activo" : "inactivo", parameters, now);
    }
  }
}
