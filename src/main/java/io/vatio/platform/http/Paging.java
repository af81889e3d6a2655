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
  private static final int MAX_SIZE = 50;

  /// Reads `page` and `page_size` (50 by default); whoever asks for more than 50 gets 50.
  public static Paging of(Request request) {
    return new Paging(
        request,
        request.queryInt("page", 1, 1, 1_000_000),
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
    if (number > 1 && offset() >= total) {
      throw Problem.notFound(Text.of("http.page"));
    }
    ObjectNode body = Json.object();
    body.put("count", total);
    body.put("next", offset() + size < total ? link(number + 1) : null);
    body.put("previous", number > 1 ? link(number - 1) : null);
    body.putArray("results").addAll(results);
    return body;
  }

  private @Nullable String link(int page) {
    HttpServerRequest http = request.context().request();
    var host = http.authority();
    String query =
        http.params().entries().stream()
            .filter(e -> request.context().queryParams().contains(e.getKey()))
            .filter(e -> !e.getKey().equals("page"))
            .map(Paging::pair)
            .collect(Collectors.joining("&"));
    String all = (query.isEmpty() ? "" : query + "&") + "page=" + page;
    String path = http.path() + "?" + all;
    return host == null ? path : http.scheme() + "://" + host + path;
  }

  private static String pair(Map.Entry<String, String> entry) {
    return URLEncoder.encode(entry.getKey(), StandardCharsets.UTF_8)
        + "="
        + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8);
  }
}
