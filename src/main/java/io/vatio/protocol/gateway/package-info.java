/// The way to a broker that is not ours: Mosquitto, EMQX, HiveMQ and others.
/// Subscribes there to what the decoders understand and acknowledges after our commit.
/// Start reading at [ExternalBroker].
@NullMarked
package io.vatio.protocol.gateway;

import org.jspecify.annotations.NullMarked;
