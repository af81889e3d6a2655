package io.vatio.messaging;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.alert.Alert;
import io.vatio.alert.Alerts;
import io.vatio.platform.schedule.Upkeep;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries alerts to people by one channel, one after another on a thread of its own, so that a
/// slow
/// channel keeps neither the sender of an alert nor another channel waiting. At most [#WAITING]
/// wait; what finds no room is counted and noted at the alert.
final class AlertLane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AlertLane.class);
  private static final int WAITING = 500;
  private static final Duration IDLE = Duration.ofHours(1);

  private final Channel channel;
  private final Contacts contacts;
  private final Alerts alerts;
  private final Counter sent;
  private final Counter failed;
  private final BlockingQueue<Alert> queue = new ArrayBlockingQueue<>(WAITING);
  private final Upkeep upkeep;

  AlertLane(Channel channel, Contacts contacts, Alerts alerts, MeterRegistry meters) {
    this.channel = channel;
    this.contacts = contacts;
    this.alerts = alerts;
    this.sent = counter(meters, "sent", "Alerts that were handed over for one person");
    this.failed = counter(meters, "failed", "Alerts that could not be handed over for one person");
    this.upkeep = new Upkeep("alerts-" + channel.name(), IDLE, this::round);
  }

  private Counter counter(MeterRegistry meters, String what, String description) {
    return Counter.builder("vatio.notifications." + what)
        .description(description)
        .tag("channel", channel.name())
        .register(meters);
  }

  void start() {
    upkeep.start();
  }

  /// Takes an alert, if it is for this channel. Never blocks.
  void offer(Alert alert) {
    boolean wanted =
        alert.channels().isEmpty()
            ? channel.isUsualFor(alert.severity())
            : alert.channels().contains(channel.name());
    if (!wanted) {
      return;
    }
    if (queue.offer(alert)) {
      upkeep.wake();
    } else {
      failed.increment();
      LOG.warn("alert {} finds no room for {}", alert.id(), channel.name());
    }
  }

  private boolean round(Upkeep thread) {
    Alert alert = queue.poll();
    if (alert != null) {
      send(alert, thread);
    }
    return !queue.isEmpty();
  }

  private void send(Alert alert, Upkeep thread) {
    int reached = 0;
    int missed = 0;
    String failure = "";
    boolean hopeless = false;
    for (Contact contact : recipients()) {
      if (hopeless || thread.isClosed()) {
        missed++;
        continue;
      }
      try {
        channel.send(contact, alert);
        reached++;
      } catch (Channel.Failure e) {
        missed++;
        failure = String.valueOf(e.getMessage());
        hopeless = e.concernsEverybody();
      }
    }
    sent.increment(reached);
    failed.increment(missed);
    if (missed > 0) {
      LOG.warn(
          "alert {} did not reach {} of {} by {}: {}",
          alert.id(),
          missed,
          missed + reached,
          channel.name(),
          failure);
    }
    alerts.delivered(alert.id(), channel.name(), reached, missed, failure);
  }

  private List<Contact> recipients() {
    return contacts.list().stream()
        .filter(channel::reaches)
        .filter(contact -> contacts.principal(contact.id()).filter(AlertTexts::mayRead).isPresent())
        .toList();
  }

  @Override
  public void close() {
    upkeep.close();
    if (!queue.isEmpty()) {
      LOG.warn("{} alerts did not go out by {} before the end", queue.size(), channel.name());
    }
  }
}
