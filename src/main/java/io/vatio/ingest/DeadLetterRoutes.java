package io.vatio.ingest;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.vatio.kernel.Page;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `GET /api/dead-letters/`: the messages that were refused, newest first, for superusers.
public final class DeadLetterRoutes {
  private static final String PATH = "/api/dead-letters";
  private static final int PAGE_SIZE = 50;

  private final DeadLetterStore letters;

  public DeadLetterRoutes(DeadLetterStore letters) {
    this.letters = letters;
  }

  public void routes(HttpApi api) {
    api.route(HttpMethod.GET, PATH, Access.SUPERUSER, this::list);
  }

  private Reply list(Request request) {
    int page = request.queryInt("page", 1, 1, Integer.MAX_VALUE);
    int size = Math.min(PAGE_SIZE, request.queryInt("page_size", PAGE_SIZE, 1, Integer.MAX_VALUE));
    Page<DeadLetter> found = letters.list(page, size);
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("count", found.total());
    body.put("next", (long) page * size < found.total() ? link(request, page + 1, size) : null);
    body.put("previous", page > 1 ? link(request, page - 1, size) : null);
    body.put("results", found.items().stream().map(LetterJson::of).toList());
    return Reply.ok(body);
  }

  private static String link(Request request, int page, int size) {
    HttpServerRequest http = request.context().request();
    HostAndPort host = http.authority();
    String path = PATH + "/?page=" + page + (size == PAGE_SIZE ? "" : "&page_size=" + size);
    return host == null ? path : http.scheme() + "://" + host + path;
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
