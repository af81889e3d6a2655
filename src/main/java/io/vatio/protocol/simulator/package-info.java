/// Simulated devices that reach a server only through its real ports, so what works for them works
/// for real ones.
/// Start at `Simulators`: a plan says which devices, a target says where, and each device has a
/// model, an outbox and a link.
/// Models are pure (time and randomness come from outside); only links touch the network.
@NullMarked
package io.vatio.protocol.simulator;

import org.jspecify.annotations.NullMarked;
