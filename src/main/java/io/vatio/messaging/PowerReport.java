package io.vatio.messaging;

import io.vatio.alert.Alerts;
import io.vatio.device.Device;
import io.vatio.device.Visibility;
import io.vatio.energy.MainMeter;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Reading;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// What somebody's devices do now, in a few lines of Telegram's HTML. Asks the store; may block.
final class PowerReport {
  private static final int MAX_LINES = 20;
  private static final int MAX_NAME = 60;
  private static final int LOOK_BACK = 10;
  private static final int ALERTS_LOOKED_AT = 50;
  private static final Duration FRESH = Duration.ofMinutes(15);

  private final Visibility visibility;
  private final SeriesCatalogue catalogue;
  private final ReadingStore readings;
  private final Alerts alerts;
  private final Messages messages;
  private final ZoneId zone;
  private final Clock clock;

  PowerReport(MessagingModule.Needs needs) {
    this.visibility = needs.visibility();
    this.catalogue = needs.catalogue();
    this.readings = needs.readings();
    this.alerts = needs.alerts();
    this.messages = needs.messages();
    this.zone = needs.zone();
    this.clock = needs.clock();
  }

  /// Of the times shown.
  ZoneId zone() {
    return zone;
  }

  /// The newest power of the main meter, then of everything else that measures one.
  String power(Principal who, String language) {
    if (!who.may(Permission.VIEW_READINGS)) {
      return messages.in(language, Text.of("bot.not_allowed"));
    }
    List<String> lines = new ArrayList<>();
    int more = 0;
    for (Device device : mainMeterFirst(visibility.list(who))) {
      for (Series series : catalogue.listOf(device.id())) {
        if (!isPower(series)) {
          continue;
        }
        if (lines.size() == MAX_LINES) {
          more++;
        } else {
          newest(series).ifPresent(reading -> lines.add(line(device, series, reading, language)));
        }
      }
    }
    if (lines.isEmpty()) {
      return messages.in(language, Text.of("bot.no_power"));
    }
    if (more > 0) {
      lines.add(messages.in(language, Text.of("bot.more", more)));
    }
    return "⚡ " + String.join("\n", lines);
  }

  private static List<Device> mainMeterFirst(List<Device> devices) {
    return devices.stream()
        .sorted(Comparator.comparing(device -> !device.serial().equals(MainMeter.SERIAL)))
        .toList();
  }

  private static boolean isPower(Series series) {
    return series.unit().equals("kW") || series.unit().equals("W");
  }

  private Optional<Reading> newest(Series series) {
    return readings.newest(series.id(), Long.MIN_VALUE, Long.MAX_VALUE, LOOK_BACK).stream()
        .filter(reading -> reading.quality() == 0)
        .findFirst();
  }

  private String line(Device device, Series series, Reading reading, String language) {
    Locale locale = Locale.of(language);
    String name = PlainText.line(device.name(), MAX_NAME);
    if (!device.serial().equals(MainMeter.SERIAL)) {
      name += " · " + PlainText.line(series.sensorName(), MAX_NAME);
    }
    String value =
        series.unit().equals("kW")
            ? String.format(locale, "%,.2f", reading.value())
            : String.format(locale, "%,.0f", reading.value());
    return "%s: <b>%s %s</b> (%s)"
        .formatted(
            PlainText.html(name),
            value,
            series.unit(),
            ago(Micros.toInstant(reading.ts()), language));
  }

  private String ago(Instant at, String language) {
    long seconds = Math.max(0, Duration.between(at, clock.instant()).toSeconds());
    Text text =
        seconds < 120
            ? Text.of("bot.seconds_ago", seconds)
            : seconds < 7_200
                ? Text.of("bot.minutes_ago", seconds / 60)
                : seconds < 172_800
                    ? Text.of("bot.hours_ago", seconds / 3_600)
                    : Text.of("bot.days_ago", seconds / 86_400);
    return messages.in(language, text);
  }

  /// How many devices there are, how many of them were heard of lately, what waits.
  String status(Principal.User who, String language) {
    Instant since = clock.instant().minus(FRESH);
    List<Device> devices = visibility.list(who);
    long fresh =
        devices.stream()
            .map(Device::lastSeen)
            .filter(seen -> seen != null && seen.isAfter(since))
            .count();
    String text =
        messages.in(language, Text.of("bot.status", devices.size(), fresh, FRESH.toMinutes()));
    if (!AlertTexts.mayRead(who)) {
      return text;
    }
    long waiting =
        alerts.listNewest(ALERTS_LOOKED_AT).stream()
            .filter(alert -> alert.acknowledged() == null)
            .count();
    return text + "\n" + messages.in(language, Text.of("bot.status_alerts", waiting));
  }
}
