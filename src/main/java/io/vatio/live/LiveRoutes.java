package io.vatio.live;

import io.vatio.device.DeviceRegistry;
import io.vatio.device.DispositivoLimits;
import io.vatio.device.DispositivoRoutes;
import io.vatio.device.Visibility;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.http.TicketBooth;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The two event streams, and tickets for browsers.
final class LiveRoutes {
  private static final int EVENT_ID_LENGTH = 64;

  private final LiveHub hub;
  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final TicketBooth booth;

  LiveRoutes(LiveHub hub, DeviceRegistry devices, Visibility visibility, TicketBooth booth) {
    this.hub = hub;
    this.devices = devices;
    this.visibility = visibility;
    this.booth = booth;
  }

  void addTo(HttpApi api) {
    api.acceptTickets(booth);
    api.routeStream(
        HttpMethod.GET,
        "/stream/dispositivos",
        Access.holder(Permission.VIEW_DEVICES),
        request -> open(api, request, devicesInterest(request)));
    // Which permission is needed depends on the topics: see allows.
    api.routeStream(
        HttpMethod.GET,
        "/api/stream",
        Access.ANYONE,
        request -> open(api, request, topicsInterest(request)));
    api.route(HttpMethod.POST, "/api/stream/ticket", Access.ANYONE, this::ticket);
  }

  private Reply ticket(Request request) {
    if (allTopics(request.principal()).isEmpty()) {
      throw forbidden();
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("ticket", booth.issue(request));
    body.put("expires_in", TicketBooth.LIFETIME.toSeconds());
    return Reply.created(body);
  }

  private void open(HttpApi api, Request request, Interest interest) {
    hub.reserve(request.address(), request.principal().name());
    HttpServerResponse response = request.context().response();
    response.setStatusCode(200);
    response.setChunked(true);
    response.putHeader("Content-Type", "text/event-stream; charset=utf-8");
    response.putHeader("Cache-Control", "no-cache");
    response.putHeader("X-Accel-Buffering", "no");
    response.setWriteQueueMaxSize(hub.settings().queueBytes());
    Listener listener =
        new Listener(
            hub,
            interest,
            response,
            request.context().vertx().getOrCreateContext(),
            request.address(),
            request.principal(),
            () ->
                api.reauthenticate(request)
                    .map(who -> who.filter(present -> admits(present, interest))));
    response.closeHandler(_ -> listener.leave());
    response.exceptionHandler(_ -> listener.leave());
    response.drainHandler(_ -> listener.drained());
    if (response.closed()) {
      // It was gone before its handlers were in place.
      listener.leave();
    } else {
      hub.open(listener, lastEventId(request));
    }
  }

  /// Whether somebody may go on: a stream about one device ends when it is no longer his to see.
  private boolean admits(Principal who, Interest interest) {
    Long device = interest.deviceId();
    return allows(who, interest.topics())
        && (device == null || Visibility.seesAll(who) || visibility.sees(who, device));
  }

  private static Interest devicesInterest(Request request) {
    return new Interest(
        Interest.Dialect.DISPOSITIVOS,
        Set.of(Topic.DEVICES),
        request.query("serial").orElse(null),
        DispositivoRoutes.claimedFilter(request).orElse(null),
        null);
  }

  private Interest topicsInterest(Request request) {
    Set<Topic> topics =
        request
            .query("topics")
            .map(LiveRoutes::topics)
            .orElseGet(() -> allTopics(request.principal()));
    if (topics.isEmpty() || !allows(request.principal(), topics)) {
      throw forbidden();
    }
    return new Interest(Interest.Dialect.API, topics, null, null, device(request));
  }

  private static Set<Topic> topics(String text) {
    Set<Topic> topics = EnumSet.noneOf(Topic.class);
    for (String code : text.split(",", Topic.values().length + 1)) {
      topics.add(
          Topic.findByCode(code.strip())
              .orElseThrow(
                  () ->
                      Problem.invalid(
                          "topics",
                          Text.of(
                              "live.topic_unknown",
                              DispositivoLimits.shown(code),
                              Topic.codes()))));
    }
    return topics;
  }

  private static Set<Topic> allTopics(Principal who) {
    Set<Topic> topics = EnumSet.noneOf(Topic.class);
    Arrays.stream(Topic.values()).filter(t -> who.may(t.permission())).forEach(topics::add);
    return topics;
  }

  private static boolean allows(Principal who, Set<Topic> topics) {
    return topics.stream().allMatch(topic -> who.may(topic.permission()));
  }

  /// `?device`: a serial number, or else an id.
  private @Nullable Long device(Request request) {
    Optional<String> text = request.query("device");
    if (text.isEmpty()) {
      return null;
    }
    return devices
        .findBySerial(text.get())
        .or(() -> number(text.get()).flatMap(devices::findById))
        .filter(visibility.of(request.principal()))
        .orElseThrow(
            () ->
                Problem.notFound(
                    Text.of("live.device_unknown", DispositivoLimits.shown(text.get()))))
        .id();
  }

  private static Optional<Long> number(String text) {
    try {
      return Optional.of(Long.parseLong(text));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  /// From the header, as browsers send it by themselves, or from the query, for those that have to
  /// reconnect by hand.
  private static @Nullable String lastEventId(Request request) {
    String header = request.context().request().getHeader("Last-Event-ID");
    String id = header == null ? request.query("last_event_id").orElse("") : header.strip();
    return id.isEmpty() ? null : id.substring(0, Math.min(id.length(), EVENT_ID_LENGTH));
  }

  private static Problem forbidden() {
    return Problem.forbidden(Text.of("http.forbidden"));
  }
}
