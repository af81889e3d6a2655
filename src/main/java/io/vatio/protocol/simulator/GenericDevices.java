package io.vatio.protocol.simulator;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/// Devices of no special kind: they say how they are, and hear configuration and commands.
final class GenericDevices {
  private static final ObjectMapper JSON = new ObjectMapper();

  private GenericDevices() {}

  static List<Source> of(SimulationPlan plan) {
    SplittableRandom random = new SplittableRandom(plan.seed());
    return IntStream.rangeClosed(1, plan.count())
        .mapToObj(number -> one("SIM-DEV-%04d".formatted(number), random.split()))
        .toList();
  }

  static Source one(String serial, SplittableRandom random) {
    return new GenericDevice(serial, random);
  }

  private static final class GenericDevice implements Source {
    private final DeviceProfile profile;
    private final Drift temperature;
    private final Drift load;
    private volatile boolean on = true;

    GenericDevice(String serial, SplittableRandom random) {
      this.profile =
          new DeviceProfile(
              serial, "Dispositivo " + serial, "generico", "Simulado D-01", "Simulado");
      this.temperature = new Drift(24, 2, Duration.ofMinutes(15), random.split());
      this.load = new Drift(60, 15, Duration.ofMinutes(3), random.split());
    }

    @Override
    public DeviceProfile profile() {
      return profile;
    }

    @Override
    public Message next(Instant now) {
      Map<String, Object> parameters = new LinkedHashMap<>();
      parameters.put("temperatura", Message.rounded(temperature.at(now), 2));
      double watts = Math.clamp(load.at(now), 1, 500);
      parameters.put("potencia_w", on ? Message.rounded(watts, 1) : 0.0);
      return Message.status(profile.serial(), on ? "activo" : "inactivo", parameters, now);
    }

    @Override
    public List<String> listensTo() {
      String own = "dispositivos/" + profile.serial();
      return List.of(own + "/configuracion", own + "/comandos");
    }

    /// Obeys `encendido`, wherever the message has it; anything else changes nothing.
    @Override
    public void hear(String topic, String payload) {
      try {
        JsonNode wanted = JSON.readTree(payload).findValue("encendido");
        if (wanted != null && wanted.isBoolean()) {
          on = wanted.booleanValue();
        }
      } catch (JsonProcessingException _) {
        // What a device cannot read it leaves alone; the log shows the text.
      }
    }
  }
}
