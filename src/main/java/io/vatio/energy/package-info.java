/// Consumption of a site: the main meter's readings as the first Vatio knew them, alerts asked for
/// by
/// programs.
/// The main meter is an ordinary device with an ordinary sensor; this room knows which one.
/// Power is positive for import, in kW on the wire.
@NullMarked
package io.vatio.energy;

import org.jspecify.annotations.NullMarked;
