package io.vatio.protocol.mqtt;

/// The listener that a client came through.
enum Door {
  PLAIN,
  TLS,
  WEB_SOCKET
}
