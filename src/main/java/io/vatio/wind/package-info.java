/// The wind farm: records of turbines come in over HTTP and MQTT, are judged and never refused for
/// what they measured, and come out as the newest record of each turbine and as park aggregates.
/// A record becomes four readings of the device `GEN-<id>`; what a record says beside numbers (its
/// park, the wording of its wind direction) is the metadata of its production reading.
/// Parsing, judging and adding up are pure; the store is asked on the request's own thread.
@NullMarked
package io.vatio.wind;

import org.jspecify.annotations.NullMarked;
