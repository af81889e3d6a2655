package io.vatio.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// What the requests for both logs have in common: filters, pages, order, and the answer around the
/// lines.
///
/// @param paging page and its size
/// @param cursor whether the list is read by `cursor`: the number of the last line of the stretch
///     before, empty or 0 for the first one
record LogQuery(Request request, Paging paging, boolean cursor, Place place) {
  private static final int MAX_TEXT = 300;

  static LogQuery of(Request request) {
    Paging paging = Paging.of(request);
    boolean cursor = request.context().queryParams().contains("cursor");
    long after = cursor ? number(request, "cursor", 0) : 0;
    boolean oldestFirst =
        request
            .query("ordering")
            .map(o -> Arrays.asList(o.split(",", -1)).contains("timestamp"))
            .orElse(false);
    return new LogQuery(
        request,
        paging,
        cursor,
        new Place(
            after == 0 ? null : (Long) after,
            cursor ? 0 : paging.offset(),
            paging.size(),
            !oldestFirst));
  }

  /// A text to compare with; null for none.
  @Nullable String text(String name) {
    String text = request.query(name).orElse(null);
    if (text != null && text.length() > MAX_TEXT) {
      throw Problem.invalid(name, Text.of("http.field_long", Integer.toString(MAX_TEXT)));
    }
    if (text != null && !text.equals(Secrets.clean(text, MAX_TEXT))) {
      throw Problem.invalid(name, Text.of("http.field_characters"));
    }
    return text;
  }

  /// One of these words, whichever case; null for none.
  @Nullable String choice(String name, List<String> words) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    return words.stream()
        .filter(text::equalsIgnoreCase)
        .findFirst()
        .orElseThrow(() -> Problem.invalid(name, Text.of("http.not_a_choice", text)));
  }

  boolean flag(String name) {
    String word = choice(name, List.of("true", "false", "1", "0"));
    return word != null && (word.equals("true") || word.equals("1"));
  }

  /// The number of something; null for none.
  @Nullable Long id(String name) {
    return request.query(name).isEmpty() ? null : (Long) number(request, name, 1);
  }

  private static long number(Request request, String name, long least) {
    String text = request.query(name).orElse("0");
    try {
      long number = Long.parseLong(text);
      if (number >= least) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw Problem.invalid(
        name, Text.of("http.whole_number", Long.toString(least), Long.toString(Long.MAX_VALUE)));
  }

  /// The span of time.
  record Span(@Nullable Instant from, @Nullable Instant to) {}

  Span span(ZoneId zone) {
    Instant from = request.queryInstant("from_date", zone);
    Instant to = request.queryInstant("to_date", zone);
    if (from != null && to != null && !from.isBefore(to)) {
      throw Problem.invalid("from_date", Text.of("http.from_after_to"));
    }
    return new Span(from, to);
  }

  /// The answer; `count_capped` stands in it when there are more lines than were counted.
  <T> Reply reply(
      LineCount count, Slice<T> slice, ToLongFunction<T> id, Function<T, JsonNode> json) {
    List<JsonNode> results = slice.lines().stream().map(json).toList();
    ObjectNode body;
    if (cursor) {
      String next = slice.more() ? Long.toString(id.applyAsLong(slice.lines().getLast())) : null;
      body = paging.wrap(count.lines(), next, results);
    } else {
      body = paging.wrap(count.lines(), slice.more(), results);
    }
    if (count.capped()) {
      body.put("count_capped", true);
    }
    return Reply.ok(body);
  }
}
