/// Kinds of measurement with unit and valid range, and which device has which of them.
/// A sensor assigned to a device is a series: one stream of readings with a small number as its
/// key.
/// Sensors of values that nobody declared are made here, with unit and type guessed from the name.
@NullMarked
package io.vatio.sensor;

import org.jspecify.annotations.NullMarked;
