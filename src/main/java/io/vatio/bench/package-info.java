/// Measures a whole server from outside, as a process of its own, beside the limit of the disk in
/// the same run.
/// Start at `Bench`, which lists the rows; `LoadLoop` drives all connections from one thread with
/// prepared bytes.
/// It knows the server only by its ports, and takes people's and devices' credentials from the
/// simulators' account client.
@NullMarked
package io.vatio.bench;

import org.jspecify.annotations.NullMarked;
