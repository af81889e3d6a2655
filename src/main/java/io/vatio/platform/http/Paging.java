package io.vatio.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Which page of a list a request asks for, and the `{count,next,previous,results}` around it.
///
/// @param number from 1
/// @param size of a page
public record Paging(Request request, int number, int size) {
  private static final String PAGE = "page";
  private static final String CURSOR = "cursor";
  private static final int MAX_SIZE = 50;

  /// Reads `page` and `page_size` (50 by default); whoever asks for more than 50 gets 50.
  public static Paging of(Request request) {
    return new Paging(
        request,
        request.queryInt(PAGE, 1, 1, 1_000_000),
        Math.min(MAX_SIZE, request.queryInt("page_size", MAX_SIZE, 1, Integer.MAX_VALUE)));
  }

  /// How many to skip.
  public long offset() {
    return (long) (number - 1) * size;
  }

  /// The page of a list that is in memory.
  public <T> List<T> cut(List<T> all) {
    return all.stream().skip(offset()).limit(size).toList();
  }

  /// The answer.
  ///
  /// @param total length of the whole list
  /// @throws Problem.NotFound for a page behind the end
  public ObjectNode wrap(long total, List<? extends JsonNode> results) {
    return wrap(total, offset() + size < total, results);
  }

  /// The answer of a list that may be longer than was counted.
  ///
  /// @param more whether a page follows
  /// @throws Problem.NotFound for a page behind the end
  public ObjectNode wrap(long total, boolean more, List<? extends JsonNode> results) {
    if (number > 1 && results.isEmpty()) {
      throw Problem.notFound(Text.of("http.page"));
    }
    ObjectNode body = Json.object();
    body.put("count", total);
    body.put("next", more ? link(number + 1) : null);
    body.put("previous", number > 1 ? link(number - 1) : null);
    body.putArray("results").addAll(results);
    return body;
  }

  /// The answer of a list that is read on from a cursor.
  ///
  /// @param next the cursor of what follows; null at the end
  public ObjectNode wrap(long total, @Nullable String next, List<? extends JsonNode> results) {
    return wrap(total, null, next, results);
  }

  /// The answer of a list that is read on and back from cursors.
  ///
  /// @param previous the cursor of what comes before; null at the beginning
  /// @param next the cursor of what follows; null at the end
  public ObjectNode wrap(
      long total,
      @Nullable String previous,
      @Nullable String next,
      List<? extends JsonNode> results) {
    ObjectNode body = Json.object();
    body.put("count", total);
    body.put("next", next == null ? null : link(CURSOR, next));
    body.put("previous", previous == null ? null : link(CURSOR, previous));
    body.putArray("results").addAll(results);
    return body;
  }

  private String link(int page) {
    return link(PAGE, Integer.toString(page));
  }

  private String link(String name, String value) {
    HttpServerRequest http = request.context().request();
    var host = http.authority();
    String query =
        http.params().entries().stream()
            .filter(e -> request.context().queryParams().contains(e.getKey()))
            .filter(e -> !e.getKey().equals(PAGE) && !e.getKey().equals(CURSOR))
            .map(Paging::pair)
            .collect(Collectors.joining("&"));
    String all = (query.isEmpty() ? "" : query + "&") + name + "=" + value;
    String path = http.path() + "?" + all;
    return host == null ? path : http.scheme() + "://" + host + path;
  }

  private static String pair(Map.Entry<String, String> entry) {
    return URLEncoder.encode(entry.getKey(), StandardCharsets.UTF_8)
        + "="
        + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8);
  }
}
