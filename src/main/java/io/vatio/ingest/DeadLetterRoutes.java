package io.vatio.ingest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vatio.kernel.Page;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.nio.charset.StandardCharsets;

/// `GET /api/dead-letters/`: the messages that were refused, newest first, for superusers.
public final class DeadLetterRoutes {
  private static final String PATH = "/api/dead-letters";

  private final DeadLetterStore letters;

  public DeadLetterRoutes(DeadLetterStore letters) {
    this.letters = letters;
  }

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, PATH, Access.SUPERUSER, this::list);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    Page<DeadLetter> found = letters.list(paging.number(), paging.size());
    return Reply.ok(
        paging.wrap(
            found.total(), found.items().stream().map(l -> Json.tree(LetterJson.of(l))).toList()));
  }

  /// A dead letter on the wire. The payload is shown as UTF-8 text, what is none of it as U+FFFD.
  ///
  /// @param size of the whole payload, bytes; the text shows only its beginning
  @JsonPropertyOrder({
    "id",
    "received_at",
    "origin",
    "address",
    "sender",
    "reason",
    "detail",
    "payload",
    "size"
  })
  record LetterJson(
      long id,
      @JsonProperty("received_at") String receivedAt,
      String origin,
      String address,
      String sender,
      String reason,
      String detail,
      String payload,
      long size) {
    static LetterJson of(DeadLetter letter) {
      return new LetterJson(
          letter.id(),
          letter.receivedAt().toString(),
          letter.origin(),
          letter.address(),
          letter.sender(),
          letter.reason(),
          letter.detail(),
          new String(letter.payload(), StandardCharsets.UTF_8),
          letter.size());
    }
  }
}
