package io.vatio.messaging;

/// The bot. Holds a secret: [#toString] leaves it out.
///
/// @param api base of the Bot API, without last slash
/// @param bot its name without `@`, empty to ask the API
public record TelegramSettings(String api, String token, String bot) {
  /// Without the token.
  @Override
  public String toString() {
    return "TelegramSettings[api=" + api + ", bot=" + bot + "]";
  }
}
