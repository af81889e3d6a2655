/// Devices: what they are called, what they say of themselves, how they prove who they are.
/// The registry keeps all of them in memory and in the database; other rooms ask the registry only.
/// A device's readings are not here but in the room reading.
@NullMarked
package io.vatio.device;

import org.jspecify.annotations.NullMarked;
