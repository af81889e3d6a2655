package io.vatio.ingest;

/// The kind of door a message came through.
public enum Origin {
  MQTT,
  HTTP,
  OCPP
}
