package io.vatio.messaging;

import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.alert.Alert;
import io.vatio.kernel.Permission;
import io.vatio.messaging.BotException.Reason;
import java.time.Duration;
import java.util.Objects;

/// Alerts by the bot, with a button to acknowledge for those who may.
record TelegramChannel(BotApi api, Contacts contacts, AlertTexts texts) implements Channel {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Override
  public String name() {
    return "telegram";
  }

  @Override
  public boolean isUsualFor(String severity) {
    return true;
  }

  @Override
  public boolean reaches(Contact contact) {
    return contact.takesTelegram();
  }

  @Override
  public void send(Contact contact, Alert alert) {
    boolean may =
        contacts
            .principal(contact.id())
            .filter(who -> who.may(Permission.CREATE_READINGS))
            .isPresent();
    try {
      api.send(
          Objects.requireNonNull(contact.telegramChat()),
          texts.one(alert),
          may ? texts.button(alert) : null,
          PATIENCE);
    } catch (BotException e) {
      throw new Failure(String.valueOf(e.getMessage()), e.reason() != Reason.REFUSED);
    }
  }
}
