package io.vatio.wind;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Quality;
import java.util.List;
import java.util.OptionalDouble;

/// The wire words of the wind farm.
final class WindJson {
  /// Sums of decimal fractions are shown without the dust of binary ones.
  private static final double MICRO = 1e6;

  private static final double ROUNDED_BELOW = 1e9;

  private WindJson() {}

  static ObjectNode accepted() {
    return Json.object().put("status", "Datos recibidos y validados");
  }

  static ArrayNode newest(List<NewestRecords.Newest> records) {
    ArrayNode list = Json.array();
    for (NewestRecords.Newest record : records) {
      ObjectNode json = list.addObject();
      json.put("id", record.id());
      json.put("valor_produccion", record.productionKwh());
      put(json, "velocidad_viento", record.windMs());
      json.put("direccion_viento", record.direction());
      put(json, "temperatura", record.temperatureC());
      json.put("error", (record.quality() & Quality.DEVICE_ERROR.bit()) != 0);
      json.put("timestamp", Micros.toInstant(record.at()).toString());
      ArrayNode codes = json.putArray("calidad");
      Quality.codes(record.quality()).forEach(codes::add);
    }
    return list;
  }

  static ObjectNode aggregate(ParkAggregate aggregate) {
    ObjectNode json = Json.object();
    // As the original: nothing received is nothing produced, not an unknown.
    json.put("media_produccion", rounded(aggregate.window().meanProduction().orElse(0)));
    json.put("total_produccion", rounded(aggregate.window().production()));
    json.put("numero_errores", aggregate.window().flagged());
    ArrayNode parts = json.putArray("intervalos");
    aggregate.parts().forEach(part -> parts.add(part(part)));
    return json;
  }

  private static ObjectNode part(ParkAggregate.Part part) {
    ParkAggregate.Figures figures = part.figures();
    ObjectNode json = Json.object();
    json.put("inicio", part.from().toString());
    json.put("fin", part.to().toString());
    put(json, "media_produccion", figures.meanProduction());
    json.put("total_produccion", rounded(figures.production()));
    put(json, "minimo", figures.least());
    put(json, "maximo", figures.most());
    put(json, "velocidad_viento_media", figures.meanWind());
    put(json, "temperatura_media", figures.meanTemperature());
    json.put("n_generadores", figures.turbines());
    json.put("n_validos", figures.valid());
    json.put("n_errores", figures.flagged());
    put(json, "completitud", figures.completeness());
    return json;
  }

  /// `{"detail":[{"loc":["body","temperatura"],"msg":…,"type":…}]}`.
  ///
  /// @param place where the fields stand: `body` or `query`
  static ObjectNode faults(String place, List<Fault> faults, Messages messages, String language) {
    ObjectNode json = Json.object();
    ArrayNode detail = json.putArray("detail");
    for (Fault fault : faults) {
      ObjectNode entry = detail.addObject();
      ArrayNode loc = entry.putArray("loc").add(place);
      if (!fault.field().isEmpty()) {
        loc.add(fault.field());
      }
      entry.put("msg", messages.in(language, fault.text()));
      entry.put("type", fault.type());
    }
    return json;
  }

  private static void put(ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, rounded(value.getAsDouble()));
    } else {
      json.putNull(name);
    }
  }

  private static double rounded(double value) {
    return Math.abs(value) < ROUNDED_BELOW ? Math.rint(value * MICRO) / MICRO : value;
  }
}
