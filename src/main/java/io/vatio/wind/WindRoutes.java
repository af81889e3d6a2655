package io.vatio.wind;

import io.vatio.device.Visibility;
import io.vatio.ingest.Inbox;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.text.Messages;
import io.vatio.reading.Interval;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The three addresses of the original concentrator: `POST /generador`, `GET /agregados`,
/// `GET /datos-generadores`.
final class WindRoutes {
  private static final List<String> INTERVALS =
      List.of("1m", "5m", "10m", "15m", "30m", "1h", "1d");

  private static final int MAX_INTERVALS = 1_500;
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-30T00:00:00Z");

  private final Inbox inbox;
  private final GeneratorParser parser;
  private final NewestRecords newest;
  private final ParkAggregates aggregates;
  private final Visibility visibility;
  private final ZoneId zone;
  private final Clock clock;
  private final Messages messages;

  WindRoutes(
      Inbox inbox,
      GeneratorParser parser,
      NewestRecords newest,
      ParkAggregates aggregates,
      Visibility visibility,
      ZoneId zone,
      Clock clock,
      Messages messages) {
    this.inbox = inbox;
    this.parser = parser;
    this.newest = newest;
    this.aggregates = aggregates;
    this.visibility = visibility;
    this.zone = zone;
    this.clock = clock;
    this.messages = messages;
  }

  void addTo(HttpApi api) {
    Access sender = Access.holder(Permission.CREATE_READINGS);
    Access viewer = Access.holder(Permission.VIEW_READINGS);
    api.routeAsync(HttpMethod.POST, "/generador", sender, this::receive);
    api.route(HttpMethod.GET, "/agregados", viewer, this::aggregate);
    api.route(HttpMethod.GET, "/datos-generadores", viewer, this::newest);
  }

  private Future<Reply> receive(Request request) {
    byte[] body = request.body();
    RawMessage message =
        RawMessage.of(
            Origin.HTTP, GeneratorDecoder.HTTP_ADDRESS, body, clock.instant(), request.principal());
    return Future.fromCompletionStage(
            inbox.accept(message), request.context().vertx().getOrCreateContext())
        .map(receipt -> answer(receipt, body, request.language()));
  }

  private Reply answer(Receipt receipt, byte[] body, String language) {
    return switch (receipt) {
      case Receipt.Stored _, Receipt.Duplicate _ -> Reply.created(WindJson.accepted());
      case Receipt.Rejected(Rejection rejection) -> refusal(rejection, body, language);
      case Receipt.Overloaded(Duration retryAfter) ->
          throw Problem.unavailable(Text.of("http.overloaded"), retryAfter);
    };
  }

  private Reply refusal(Rejection rejection, byte[] body, String language) {
    return switch (rejection.reason()) {
      case MALFORMED, INVALID_VALUE -> Reply.json(422, faults(rejection, body, language));
      case TOO_LARGE -> throw Problem.tooLarge(rejection.text());
      case NOT_YOUR_DEVICE, UNKNOWN_DEVICE, LIMIT_REACHED, TOPIC_NOT_ALLOWED ->
          throw Problem.forbidden(rejection.text());
    };
  }

  /// The inbox says that a record is refused; which fields are to blame is found by reading it once
  /// more. Refusals are rare, and nobody else needs the list.
  private Object faults(Rejection rejection, byte[] body, String language) {
    List<Fault> faults =
        switch (parser.parse(body, GeneratorParser.Subject.OPEN)) {
          case GeneratorParser.Parsed.Faulty(List<Fault> found) -> found;
          case GeneratorParser.Parsed.Understood _, GeneratorParser.Parsed.TooLarge _ ->
              List.of(new Fault("", "value_error", rejection.text()));
        };
    return WindJson.faults("body", faults, messages, language);
  }

  private Reply newest(Request request) {
    return Reply.ok(WindJson.newest(newest.list(visibility.of(request.principal()))));
  }

  private Reply aggregate(Request request) {
    try {
      return Reply.ok(WindJson.aggregate(aggregates(request)));
    } catch (Problem.Invalid invalid) {
      return Reply.json(
          422, WindJson.faults("query", faults(invalid), messages, request.language()));
    }
  }

  private static List<Fault> faults(Problem.Invalid invalid) {
    return invalid.fields().entrySet().stream()
        .flatMap(
            (Map.Entry<String, List<Text>> field) ->
                field.getValue().stream()
                    .map(text -> new Fault(field.getKey(), "value_error", text)))
        .toList();
  }

  private ParkAggregate aggregates(Request request) {
    Interval interval = interval(request);
    Instant now = clock.instant();
    Instant askedTo = moment(request, "hasta");
    Instant askedFrom = moment(request, "desde");
    // What came in this very microsecond belongs to the last hour.
    Instant to = askedTo == null ? now.plusNanos(1_000) : askedTo;
    Instant from = askedFrom == null ? to.minus(WINDOW) : askedFrom;
    if (from.isAfter(to)) {
      throw Problem.invalid("desde", Text.of("wind.window_order"));
    }
    if (interval.atLeastIn(Micros.of(from), Micros.of(to)) > MAX_INTERVALS) {
      throw tooManyIntervals();
    }
    long[] bounds = interval.bounds(Micros.of(from), Micros.of(to), zone);
    if (bounds.length - 1 > MAX_INTERVALS) {
      throw tooManyIntervals();
    }
    String park = request.query("parque").orElse(null);
    return aggregates.over(visibility.of(request.principal()), from, to, bounds, park, now);
  }

  private static Problem tooManyIntervals() {
    return Problem.invalid(
        "intervalo", Text.of("wind.too_many_intervals", Integer.toString(MAX_INTERVALS)));
  }

  private static Interval interval(Request request) {
    Optional<String> code = request.query("intervalo");
    if (code.isEmpty()) {
      return Interval.MINUTE;
    }
    return code.filter(INTERVALS::contains)
        .flatMap(Interval::parse)
        .orElseThrow(
            () ->
                Problem.invalid(
                    "intervalo", Text.of("wind.interval", String.join(", ", INTERVALS))));
  }

  private @Nullable Instant moment(Request request, String name) {
    Instant moment = request.queryInstant(name, zone);
    if (moment != null && (moment.isBefore(FIRST) || moment.isAfter(LAST))) {
      throw Problem.invalid(name, Text.of("http.moment"));
    }
    return moment;
  }
}
