package io.vatio.site;

import java.time.Instant;
import java.time.ZoneId;

/// A place with its own clock, money and language.
///
/// @param currency ISO 4217 code
/// @param language BCP 47 tag, `es` or `en`
public record Site(
    long id,
    String name,
    String description,
    ZoneId zone,
    String currency,
    String language,
    Instant createdAt,
    Instant updatedAt) {}
