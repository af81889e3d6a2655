package io.vatio.platform.http;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/// Puts `Date` on every answer: the page corrects the age of values by it when the browser's clock
/// is
/// wrong.
public final class DateHeader {
  private final Clock clock;
  private volatile Stamp stamp = new Stamp(Long.MIN_VALUE, "");

  public DateHeader(Clock clock) {
    this.clock = clock;
  }

  public void addTo(HttpApi api) {
    api.router()
        .route()
        .order(-200)
        .handler(
            ctx -> {
              ctx.response().putHeader("Date", now());
              ctx.next();
            });
  }

  private String now() {
    Instant instant = clock.instant();
    Stamp known = stamp;
    if (known.second() != instant.getEpochSecond()) {
      known =
          new Stamp(
              instant.getEpochSecond(),
              DateTimeFormatter.RFC_1123_DATE_TIME.format(instant.atOffset(ZoneOffset.UTC)));
      stamp = known;
    }
    return known.text();
  }

  private record Stamp(long second, String text) {}
}
