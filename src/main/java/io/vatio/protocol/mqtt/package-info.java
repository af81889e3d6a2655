/// The embedded MQTT broker: devices, programs and browsers over TCP, TLS and WebSocket.
/// Translates MQTT 3.1.1 and 5 into the inbox and back; an acknowledgement leaves only after the
/// commit that holds the message.
/// Each connection lives on one event loop; what connections share is made for many threads.
@NullMarked
package io.vatio.protocol.mqtt;

import org.jspecify.annotations.NullMarked;
