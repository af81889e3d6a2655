package io.vatio.ingest;

/// The kind of door a message came through.
public enum Origin {
  MQTT,
  HTTP,
  OCPP,
  /// None: a message damaged while it waited for the database, of which nothing else is known.
  SPOOL
}
