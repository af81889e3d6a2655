package io.vatio.wind;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a turbine said once.
///
/// @param id number of the turbine, from 1
/// @param productionKwh energy since its record before
/// @param windMs wind speed, m/s
/// @param direction where the wind comes from, in the turbine's own words
/// @param temperatureC of the air
/// @param error whether the turbine itself calls the record wrong
/// @param at when it was measured, null = when it arrived
/// @param park name of its park, empty for none
record GeneratorRecord(
    int id,
    double productionKwh,
    double windMs,
    String direction,
    double temperatureC,
    boolean error,
    @Nullable Instant at,
    String park) {}
