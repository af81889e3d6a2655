/// What all adapters of MQTT have in common to the rooms that use them.
/// The adapters themselves live in the packages below and do not know each other.
/// Only interfaces and records; whoever publishes to devices asks for an [MqttGateway].
@NullMarked
package io.vatio.protocol;

import org.jspecify.annotations.NullMarked;
