package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.messaging.BotException.Reason;
import io.vatio.platform.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Calls the Telegram Bot API. Calls block, for [#ANSWER] at most and what was asked for beside;
/// thread safe.
///
/// The token is part of every address, so no exception of the HTTP client goes further than here.
final class BotApi implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofSeconds(15);
  private static final int MAX_ANSWER = 4 << 20;
  private static final int UPDATES = 50;
  private static final int MAX_DESCRIPTION = 200;
  private static final int MAX_WAIT_S = 3_600;

  private final String base;
  private final String token;
  private final HttpClient http;
  private final CountDownLatch closing = new CountDownLatch(1);

  BotApi(TelegramSettings settings) {
    this.base = settings.api() + "/bot" + settings.token() + "/";
    this.token = settings.token();
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .executor(
                Executors.newThreadPerTaskExecutor(
                    Thread.ofVirtual().name("telegram-http-", 1).factory()))
            .build();
  }

  /// The name of the bot, without `@`.
  String username() {
    return call("getMe", Json.object(), Duration.ZERO).path("username").asText();
  }

  /// What people have sent to the bot, oldest first; waits for something to come.
  ///
  /// @param offset the first update to give, 0 for all; those before it are forgotten over there
  JsonNode updates(long offset, Duration wait) {
    ObjectNode parameters = Json.object();
    if (offset > 0) {
      parameters.put("offset", offset);
    }
    parameters.put("limit", UPDATES).put("timeout", wait.toSeconds());
    parameters.putArray("allowed_updates").add("message").add("callback_query");
    return call("getUpdates", parameters, wait);
  }

  /// Sends a message; when the API wants to be left alone for a while, once more after it.
  ///
  /// @param html in the few tags that Telegram knows
  /// @param patience how long to wait for a second try at most
  void send(String chat, String html, @Nullable ObjectNode keyboard, Duration patience) {
    ObjectNode message = message(chat, html, keyboard);
    try {
      call("sendMessage", message, Duration.ZERO);
    } catch (BotException e) {
      boolean again = e.reason() == Reason.TOO_MANY && e.retryAfter().compareTo(patience) <= 0;
      if (!again || !pause(e.retryAfter())) {
        throw e;
      }
      call("sendMessage", message, Duration.ZERO);
    }
  }

  /// Replaces the text and the buttons of a message of the bot.
  void edit(String chat, long messageId, String html, @Nullable ObjectNode keyboard) {
    call(
        "editMessageText",
        message(chat, html, keyboard).put("message_id", messageId),
        Duration.ZERO);
  }

  /// Ends the waiting of a button that was pressed.
  void answerCallback(String id, String text) {
    call(
        "answerCallbackQuery",
        Json.object().put("callback_query_id", id).put("text", text),
        Duration.ZERO);
  }

  private static ObjectNode message(String chat, String html, @Nullable ObjectNode keyboard) {
    ObjectNode message =
        Json.object().put("chat_id", chat).put("text", html).put("parse_mode", "HTML");
    message.putObject("link_preview_options").put("is_disabled", true);
    if (keyboard != null) {
      message.set("reply_markup", keyboard);
    }
    return message;
  }

  private JsonNode call(String method, ObjectNode parameters, Duration wait) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + method))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(parameters)))
            .build();
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            HttpResponse.BodyHandlers.limiting(
                HttpResponse.BodyHandlers.ofByteArray(), MAX_ANSWER));
    try {
      long patience = ANSWER.plus(wait).toMillis();
      return result(method, answer.get(patience, TimeUnit.MILLISECONDS));
    } catch (TimeoutException _) {
      answer.cancel(true);
      throw new BotException(Reason.UNREACHABLE, "the Bot API does not answer");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      throw new BotException(
          Reason.UNREACHABLE,
          "the Bot API cannot be reached (%s)"
              .formatted(cause == null ? "unknown" : cause.getClass().getSimpleName()));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      answer.cancel(true);
      throw new BotException(Reason.UNREACHABLE, "interrupted");
    }
  }

  private JsonNode result(String method, HttpResponse<byte[]> response) {
    JsonNode answer;
    try {
      answer = Json.parse(response.body());
    } catch (Json.MalformedJson _) {
      throw new BotException(
          Reason.UNREACHABLE,
          "the Bot API answers %d without JSON".formatted(response.statusCode()));
    }
    if (answer.path("ok").asBoolean()) {
      return answer.path("result");
    }
    int code = answer.path("error_code").asInt(response.statusCode());
    String said = answer.path("description").asText().replace(token, "***");
    String why = "%s: %d %s".formatted(method, code, PlainText.line(said, MAX_DESCRIPTION));
    throw switch (code) {
      case 401, 404 -> new BotException(Reason.TOKEN, why);
      case 409 -> new BotException(Reason.CONFLICT, why);
      case 429 -> new BotException(Reason.TOO_MANY, why, retryAfter(answer));
      case 400, 403 -> new BotException(Reason.REFUSED, why);
      default -> new BotException(Reason.UNREACHABLE, why);
    };
  }

  private static Duration retryAfter(JsonNode answer) {
    int seconds = answer.path("parameters").path("retry_after").asInt(1);
    return Duration.ofSeconds(Math.clamp(seconds, 1, MAX_WAIT_S));
  }

  /// Waits.
  ///
  /// @return false when it is time to end
  private boolean pause(Duration time) {
    try {
      return !closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /// Breaks off whatever is under way.
  @Override
  public void close() {
    closing.countDown();
    http.shutdownNow();
  }
}
