package io.vatio.messaging;

import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.account.Contacts;
import io.vatio.alert.AlertRaised;
import io.vatio.alert.Alerts;
import io.vatio.audit.AuditLog;
import io.vatio.device.Visibility;
import io.vatio.platform.db.Database;
import io.vatio.platform.events.Events;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.mail.Mailer;
import io.vatio.platform.text.Messages;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Wires the room: the channels that the settings name, the bot, the end points.
public final class MessagingModule implements AutoCloseable {
  private final EmailRoutes email;
  private final TelegramRoutes telegram;
  private final @Nullable TelegramBot bot;
  private final List<AlertLane> lanes = new ArrayList<>();
  private final Events.Subscription subscription;

  /// What the room needs of others.
  ///
  /// @param publicUrl base of links without last slash, null: from the request
  /// @param language of what nobody asked for, `es` or `en`
  /// @param zone of times in messages
  public record Needs(
      Database database,
      Contacts contacts,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      Alerts alerts,
      Events events,
      AuditLog audit,
      Mailer mailer,
      @Nullable TelegramSettings telegram,
      @Nullable String publicUrl,
      Messages messages,
      String language,
      ZoneId zone,
      MeterRegistry meters,
      Clock clock) {}

  public MessagingModule(Needs needs) {
    TelegramSettings settings = needs.telegram();
    BotApi api = settings == null ? null : new BotApi(settings);
    this.bot = api == null || settings == null ? null : bot(needs, api, settings);
    MailTexts texts = new MailTexts(needs.messages());
    this.email = new EmailRoutes(needs, texts);
    this.telegram = new TelegramRoutes(needs, api, () -> bot == null ? "" : bot.name());
    if (api != null) {
      AlertTexts alertTexts = new AlertTexts(needs.messages(), needs.language(), needs.zone());
      lanes.add(lane(needs, new TelegramChannel(api, needs.contacts(), alertTexts)));
    }
    if (needs.mailer().isConfigured()) {
      lanes.add(lane(needs, new MailChannel(needs.mailer(), texts, needs.language())));
    }
    this.subscription =
        needs
            .events()
            .subscribe(
                AlertRaised.class, raised -> lanes.forEach(lane -> lane.offer(raised.alert())));
  }

  private static AlertLane lane(Needs needs, Channel channel) {
    return new AlertLane(channel, needs.contacts(), needs.alerts(), needs.meters());
  }

  private static TelegramBot bot(Needs needs, BotApi api, TelegramSettings settings) {
    BotCommands commands =
        new BotCommands(
            api,
            needs.contacts(),
            needs.alerts(),
            new PowerReport(needs),
            needs.messages(),
            needs.clock());
    // What stands before the colon is the number of the bot, and no secret.
    String number = settings.token().replaceFirst(":.*", "");
    boolean named = settings.token().contains(":");
    BotOffset offset = new BotOffset(needs.database(), named ? number : "bot", needs.clock());
    return new TelegramBot(api, offset, commands, settings.bot());
  }

  public void addTo(HttpApi api) {
    email.addTo(api);
    telegram.addTo(api);
  }

  /// Starts the threads.
  public void start() {
    lanes.forEach(AlertLane::start);
    if (bot != null) {
      bot.start();
    }
  }

  @Override
  public void close() {
    subscription.close();
    if (bot != null) {
      bot.close();
    }
    lanes.forEach(AlertLane::close);
  }
}
