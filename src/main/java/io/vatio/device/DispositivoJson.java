package io.vatio.device;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// A device as `/dispositivos` and the event streams show it, keys in this order.
///
/// @param lastSeen ISO 8601 UTC; only where the answer is a list or one device, never in events
@JsonPropertyOrder({
  "id",
  "serial_number",
  "nombre",
  "tipo",
  "modelo",
  "descripcion",
  "estado",
  "parametros",
  "configuracion",
  "reclamado",
  "last_seen"
})
public record DispositivoJson(
    long id,
    @JsonProperty("serial_number") String serial,
    @JsonProperty("nombre") String name,
    @JsonProperty("tipo") String type,
    @JsonProperty("modelo") String model,
    @JsonProperty("descripcion") String description,
    @JsonProperty("estado") String state,
    @JsonProperty("parametros") ObjectNode parameters,
    @JsonProperty("configuracion") ObjectNode configuration,
    @JsonProperty("reclamado") boolean claimed,
    @JsonProperty("last_seen") @JsonInclude(JsonInclude.Include.NON_NULL)
        @Nullable String lastSeen) {

  /// The device as events carry it.
  public static DispositivoJson event(Device device) {
    return of(device, null);
  }

  /// The device as an answer carries it.
  static DispositivoJson answer(Device device) {
    Instant seen = device.lastSeen();
    return of(device, seen == null ? null : seen.truncatedTo(ChronoUnit.MICROS).toString());
  }

  private static DispositivoJson of(Device device, @Nullable String lastSeen) {
    return new DispositivoJson(
        device.id(),
        device.serial(),
        device.name(),
        device.type(),
        device.model(),
        device.description(),
        device.operatingState(),
        device.parameters(),
        device.configuration(),
        device.claimed(),
        lastSeen);
  }

  /// The short form of devices that wait to be claimed.
  @JsonPropertyOrder({"id", "serial_number", "estado", "parametros", "configuracion", "reclamado"})
  record Unclaimed(
      long id,
      @JsonProperty("serial_number") String serial,
      @JsonProperty("estado") String state,
      @JsonProperty("parametros") ObjectNode parameters,
      @JsonProperty("configuracion") ObjectNode configuration,
      @JsonProperty("reclamado") boolean claimed) {
    static Unclaimed of(Device device) {
      return new Unclaimed(
          device.id(),
          device.serial(),
          device.operatingState(),
          device.parameters(),
          device.configuration(),
          device.claimed());
    }
  }

  /// One line of the state log.
  @JsonPropertyOrder({"estado", "parametros", "timestamp"})
  record LogLine(
      @JsonProperty("estado") String state,
      @JsonProperty("parametros") ObjectNode parameters,
      String timestamp) {
    static LogLine of(StateLog log) {
      return new LogLine(log.state(), log.parameters(), log.at().toString());
    }
  }
}
