package io.vatio.protocol.simulator;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/// Turbines under one slowly changing wind, each with its own gusts.
final class WindPark {
  private static final String PARK = "demo";
  static final String TOPIC_PREFIX = "parque/" + PARK + "/generador/";
  static final String HTTP_PATH = "/generador/";

  private static final String[] COMPASS = {"N", "NE", "E", "SE", "S", "SW", "W", "NW"};
  private static final double CUT_IN_MS = 3;
  private static final double RATED_MS = 12;
  private static final double CUT_OUT_MS = 25;
  private static final double RATED_KWH = 100;

  private final ZoneId zone;
  private final Drift speed;
  private final Drift direction;
  private final Drift season;

  private WindPark(ZoneId zone, SplittableRandom random) {
    this.zone = zone;
    this.speed = new Drift(8.5, 2.8, Duration.ofMinutes(15), random.split());
    this.direction = new Drift(random.nextDouble(360), 40, Duration.ofHours(1), random.split());
    this.season = new Drift(13, 3, Duration.ofHours(12), random.split());
  }

  static List<Source> of(SimulationPlan plan) {
    SplittableRandom random = new SplittableRandom(plan.seed());
    WindPark park = new WindPark(plan.zone(), random.split());
    return IntStream.rangeClosed(1, plan.count())
        .<Source>mapToObj(id -> park.new Turbine(id, plan.errorRate(), random.split()))
        .toList();
  }

  static String serial(int id) {
    return "GEN-" + id;
  }

  /// Energy of one record at that wind speed, 0 to 100 kWh.
  static double productionKwh(double windMs) {
    if (windMs < CUT_IN_MS || windMs > CUT_OUT_MS) {
      return 0;
    }
    if (windMs >= RATED_MS) {
      return RATED_KWH;
    }
    double cutIn = Math.pow(CUT_IN_MS, 3);
    return RATED_KWH * (Math.pow(windMs, 3) - cutIn) / (Math.pow(RATED_MS, 3) - cutIn);
  }

  static String compass(double degrees) {
    return COMPASS[Math.floorMod(Math.round(degrees / 45), COMPASS.length)];
  }

  private final class Turbine implements Source {
    private final int id;
    private final double errorRate;
    private final RandomGenerator random;
    private final DeviceProfile profile;

    Turbine(int id, double errorRate, RandomGenerator random) {
      this.id = id;
      this.errorRate = errorRate;
      this.random = random;
      this.profile =
          new DeviceProfile(
              serial(id),
              "Generador " + id,
              "aerogenerador",
              "Simulado W-01",
              "Parque eólico demo");
    }

    @Override
    public DeviceProfile profile() {
      return profile;
    }

    @Override
    public Message next(Instant now) {
      boolean error = random.nextDouble() < errorRate;
      Map<String, Object> record = new LinkedHashMap<>();
      record.put("id", id);
      if (error) {
        record.put("valor_produccion", Message.rounded(random.nextDouble(120, 200), 2));
        record.put("velocidad_viento", Message.rounded(random.nextDouble(30, 100), 2));
        record.put("direccion_viento", COMPASS[random.nextInt(COMPASS.length)]);
        record.put("temperatura", Message.rounded(random.nextDouble(50, 100), 1));
      } else {
        double wind = gust(now);
        double production = productionKwh(wind) * (1 + 0.02 * random.nextGaussian());
        double temperature = season.at(now) + 4 * DayTime.of(now, zone).warmth();
        record.put("valor_produccion", Message.rounded(Math.clamp(production, 0, RATED_KWH), 2));
        record.put("velocidad_viento", wind);
        record.put("direccion_viento", compass(direction.at(now) + 10 * random.nextGaussian()));
        record.put("temperatura", Message.rounded(Math.clamp(temperature, -40, 40), 1));
      }
      record.put("error", error);
      record.put("timestamp", Message.time(now));
      record.put("parque", PARK);
      return new Message(TOPIC_PREFIX + id, Message.json(record));
    }

    private double gust(Instant now) {
      double wind = speed.at(now) * (1 + 0.07 * random.nextGaussian());
      return Message.rounded(Math.clamp(wind, 0, CUT_OUT_MS), 2);
    }
  }
}
