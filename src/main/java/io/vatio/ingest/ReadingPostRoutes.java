package io.vatio.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vatio.reading.LecturaJson;
import io.vatio.reading.Lecturas;
import io.vatio.reading.Reading;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/// `POST /api/readings/` and `/api/readings/bulk/`: readings of programs and devices over HTTP.
///
/// A lone one is worked on without a thread of its own; 201 says that it is on the disk. One that
/// is
/// there already (same device, sensor and timestamp) is answered with 200 and the stored one.
public final class ReadingPostRoutes {
  private static final String ADDRESS = "api/readings";
  private static final byte[] NO_BYTES = {};

  private final Inbox inbox;
  private final ReadingCheck.Rooms rooms;
  private final Lecturas lecturas;
  private final LecturaJson json;
  private final Messages messages;
  private final Clock clock;

  public ReadingPostRoutes(Needs needs) {
    this.inbox = needs.inbox();
    this.rooms =
        new ReadingCheck.Rooms(
            needs.devices(), needs.visibility(), needs.catalogue(), needs.zones());
    this.lecturas = needs.lecturas();
    this.json = new LecturaJson(needs.devices());
    this.messages = needs.messages();
    this.clock = needs.clock();
  }

  /// What it needs of the other rooms.
  ///
  /// @param zones the clock that a device's timestamps without zone follow
  public record Needs(
      Inbox inbox,
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      Lecturas lecturas,
      Function<Device, ZoneId> zones,
      Messages messages,
      Clock clock) {}

  public void addTo(HttpApi api) {
    Access sender =
        Access.holder(Permission.CREATE_READINGS).refusing(Text.of("reading.forbidden"));
    api.routeAsync(HttpMethod.POST, "/api/readings", sender, this::create);
    api.route(HttpMethod.POST, "/api/readings/bulk", sender, this::createAll);
  }

  private Future<Reply> create(Request request) {
    ReadingForm form = read(request.body());
    ReadingCheck check = new ReadingCheck(rooms, request.principal());
    Context context = request.context().vertx().getOrCreateContext();
    return store(request, form, check, checked(check, form), context);
  }

  private static Series checked(ReadingCheck check, ReadingForm form) {
    Series series = check.check(form);
    if (series == null) {
      throw invalid(check.faults());
    }
    return series;
  }

  private static ReadingForm read(byte[] body) {
    if (body.length == 0) {
      throw Problem.invalid(Text.of("http.body_missing"));
    }
    ReadingForm form = new ReadingForm();
    try (JsonParser in = ReadingForm.parser(body)) {
      JsonToken start = in.nextToken();
      if (start == JsonToken.START_OBJECT) {
        form.read(in);
      } else {
        in.skipChildren();
      }
      if (in.nextToken() != null) {
        throw Problem.invalid(Text.of("reading.trailing"));
      }
      if (start != JsonToken.START_OBJECT) {
        throw Problem.invalid(ReadingForm.notAnObject(start));
      }
    } catch (ReadingForm.Endless endless) {
      throw Problem.invalid(endless.field(), Text.of("reading.number"));
    } catch (Json.MalformedJson e) {
      throw ReadingBulk.malformed(e);
    } catch (IOException e) {
      throw ReadingBulk.malformed(Json.malformed(e));
    }
    return form;
  }

  private Future<Reply> store(
      Request request, ReadingForm form, ReadingCheck check, Series series, Context context) {
    KnownReadings known = new KnownReadings(1);
    known.add(series.id(), series.deviceId(), check.at(), form.value(), form.meta());
    Instant now = clock.instant();
    return Future.fromCompletionStage(accept(request, known, now), context)
        .compose(receipt -> answer(receipt, known, series, now, context));
  }

  private CompletableFuture<Receipt> accept(Request request, KnownReadings known, Instant now) {
    return inbox.accept(
        RawMessage.of(Origin.HTTP, ADDRESS, NO_BYTES, now, request.principal()),
        new Decoding.Known(known));
  }

  private static Problem invalid(Map<String, Text> faults) {
    Map<String, List<Text>> lists = new LinkedHashMap<>();
    faults.forEach((field, text) -> lists.put(field, List.of(text)));
    return Problem.invalid(lists);
  }

  private Future<Reply> answer(
      Receipt receipt, KnownReadings known, Series series, Instant receivedAt, Context context) {
    return switch (receipt) {
      case Receipt.Stored _ ->
          Future.succeededFuture(Reply.created(json.of(series, row(known, series, receivedAt))));
      case Receipt.Duplicate _ ->
          context.executeBlocking(
              () -> Reply.ok(json.of(series, stored(known, series, receivedAt))), false);
      case Receipt.Rejected(Rejection _) ->
          // It was deleted while the reading waited.
          throw Problem.invalid(
              ReadingForm.DEVICE, ReadingForm.unknown(Long.toString(series.deviceId())));
      case Receipt.Overloaded(Duration retryAfter) ->
          throw Problem.unavailable(Text.of("http.overloaded"), retryAfter);
    };
  }

  /// The reading as it is stored; without a seq while it waits in the spool for the database.
  private static Reading row(KnownReadings known, Series series, Instant receivedAt) {
    Reading stored = known.stored();
    if (stored != null) {
      return stored;
    }
    long at = known.time(0) == KnownReadings.UNTIMED ? Micros.of(receivedAt) : known.time(0);
    return new Reading(0, series.id(), at, known.value(0), 0, known.meta(0));
  }

  /// The reading that was there before.
  private Reading stored(KnownReadings known, Series series, Instant receivedAt) {
    Reading stored =
        lecturas.find(series.id(), known.time(0)).orElseGet(() -> row(known, series, receivedAt));
    if (Lecturas.isDiscarded(stored)) {
      throw Problem.conflict(Text.of("reading.discarded"));
    }
    return stored;
  }

  private Reply createAll(Request request) {
    ReadingBulk bulk =
        ReadingBulk.read(request.body(), new ReadingCheck(rooms, request.principal()));
    if (!bulk.faults().isEmpty()) {
      return Reply.json(400, faults(bulk.faults(), request.language()));
    }
    KnownReadings known = bulk.readings();
    if (known.size() == 0) {
      return done(0, request);
    }
    return switch (accept(request, known, clock.instant()).join()) {
      case Receipt.Stored(int fresh) -> done(fresh, request);
      case Receipt.Duplicate _ -> done(0, request);
      case Receipt.Rejected(Rejection rejection) ->
          throw Problem.invalid(ReadingBulk.FIELD, rejection.text());
      case Receipt.Overloaded(Duration retryAfter) ->
          throw Problem.unavailable(Text.of("http.overloaded"), retryAfter);
    };
  }

  private Reply done(int count, Request request) {
    ObjectNode body = Json.object();
    body.put(
        "message",
        messages.in(request.language(), Text.of("reading.bulk_done", Integer.toString(count))));
    body.put("count", count);
    return Reply.created(body);
  }

  private ObjectNode faults(List<Map<String, Text>> faults, String language) {
    ObjectNode body = Json.object();
    ArrayNode list = body.putArray(ReadingBulk.FIELD);
    for (Map<String, Text> fault : faults) {
      ObjectNode item = list.addObject();
      fault.forEach((field, text) -> item.putArray(field).add(messages.in(language, text)));
    }
    return body;
  }
}
