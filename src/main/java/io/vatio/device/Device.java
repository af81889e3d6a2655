package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A thing that measures or obeys: meter, plug, turbine, charger.
///
/// @param serial what the device calls itself, unique (`serial_number`, `identificador_unico`)
/// @param lifecycleState of the asset: activo, inactivo, mantenimiento, desconectado
/// @param operatingState what the device does: activo (on), inactivo (off), or its own word
/// @param parameters newest values as the device sent them; treat as unmodifiable
/// @param configuration wanted configuration; treat as unmodifiable
/// @param claimed whether somebody has taken it into use
/// @param lastSeen last sign of life, null for none yet
public record Device(
    long id,
    long siteId,
    String serial,
    String name,
    String type,
    String model,
    String description,
    String location,
    String lifecycleState,
    String operatingState,
    ObjectNode parameters,
    ObjectNode configuration,
    boolean claimed,
    @Nullable Long operatorId,
    @Nullable Instant lastSeen,
    Instant createdAt,
    Instant updatedAt) {

  /// The same device, heard of at that moment.
  Device seenAt(Instant moment) {
    return saying(operatingState, parameters, configuration, moment, updatedAt);
  }

  /// The same device, changed by a person at that moment.
  Device changedAt(Instant moment) {
    return saying(operatingState, parameters, configuration, lastSeen, moment);
  }

  /// The same device in somebody else's hands, or in nobody's.
  public Device operatedBy(@Nullable Long accountId) {
    return new Device(
        id,
        siteId,
        serial,
        name,
        type,
        model,
        description,
        location,
        lifecycleState,
        operatingState,
        parameters,
        configuration,
        claimed,
        accountId,
        lastSeen,
        createdAt,
        updatedAt);
  }

  /// The same device with what it says of itself.
  Device saying(
      String state,
      ObjectNode newParameters,
      ObjectNode newConfiguration,
      @Nullable Instant seen,
      Instant changed) {
    return new Device(
        id,
        siteId,
        serial,
        name,
        type,
        model,
        description,
        location,
        lifecycleState,
        state,
        newParameters,
        newConfiguration,
        claimed,
        operatorId,
        seen,
        createdAt,
        changed);
  }
}
