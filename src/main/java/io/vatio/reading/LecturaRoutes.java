package io.vatio.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.audit.AuditLog;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import io.vatio.sensor.Series;
import io.vatio.sensor.SeriesCatalogue;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/// `/api/readings/`: the readings of the devices that somebody sees, as a list; one of them; its
/// correction. Nothing is changed without a trace: a new value and a removal are corrections, which
/// can be taken back.
public final class LecturaRoutes {
  private static final String ALL = "/api/readings";
  private static final String ONE = "/api/readings/:id";
  private static final String MODEL = "Lectura";
  private static final int REASON = 500;
  private static final int LATEST = 10;
  private static final int MOST_LATEST = 100;

  private final LecturaSelection selection;
  private final Lecturas lecturas;
  private final LecturaJson json;
  private final Buckets buckets;
  private final Rollups rollups;
  private final SeriesCatalogue catalogue;
  private final Visibility visibility;
  private final AuditLog audit;
  private final Messages messages;
  private final Clock clock;
  private final LongConsumer changed;

  public LecturaRoutes(Needs needs) {
    this.selection =
        new LecturaSelection(needs.devices(), needs.visibility(), needs.catalogue(), needs.zone());
    this.buckets = needs.series().buckets();
    this.rollups = needs.series().rollups();
    this.lecturas = new Lecturas(rollups.readings());
    this.json = new LecturaJson(needs.devices());
    this.catalogue = needs.catalogue();
    this.visibility = needs.visibility();
    this.audit = needs.audit();
    this.messages = needs.messages();
    this.clock = needs.clock();
    this.changed = needs.corrected();
  }

  /// What it needs of the other rooms.
  ///
  /// @param zone of a moment that names none
  /// @param corrected hears the newest seq there is after a correction was committed
  public record Needs(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      SeriesModule series,
      AuditLog audit,
      Messages messages,
      ZoneId zone,
      Clock clock,
      LongConsumer corrected) {}

  public void addTo(HttpApi api) {
    Access viewer = Access.holder(Permission.VIEW_READINGS);
    Access writer =
        Access.holder(Permission.CREATE_READINGS).refusing(Text.of("reading.forbidden"));
    api.route(HttpMethod.GET, ALL, viewer, this::list);
    api.route(HttpMethod.GET, ALL + "/ultimas", viewer, this::latest);
    api.route(HttpMethod.GET, ALL + "/estadisticas", viewer, this::statistics);
    api.route(HttpMethod.GET, ONE, viewer, this::one);
    api.route(HttpMethod.PATCH, ONE, writer, request -> change(request, false));
    api.route(HttpMethod.PUT, ONE, writer, request -> change(request, true));
    api.route(HttpMethod.DELETE, ONE, writer, this::remove);
  }

  private Reply list(Request request) {
    Lecturas.Range range = selection.of(request);
    boolean newestFirst = !request.query("ordering").orElse("").equals("timestamp");
    if (request.context().queryParams().contains(LecturaCursor.PARAMETER)) {
      return Reply.ok(byCursor(request, range, newestFirst));
    }
    Paging paging = Paging.of(request);
    long count = lecturas.count(range);
    List<Reading> page =
        paging.offset() >= count
            ? List.of()
            : lecturas.page(range, newestFirst, paging.offset(), paging.size());
    return Reply.ok(paging.wrap(count, page.stream().map(this::json).toList()));
  }

  private ObjectNode byCursor(Request request, Lecturas.Range range, boolean newestFirst) {
    Paging paging = Paging.of(request);
    int size = paging.size();
    LecturaCursor cursor = LecturaCursor.of(request);
    boolean back = cursor != null && cursor.back();
    // One more, to know whether there is more.
    List<Reading> found =
        cursor == null
            ? lecturas.page(range, newestFirst, 0, size + 1)
            : lecturas.after(range, newestFirst != back, cursor.place(), size + 1);
    boolean more = found.size() > size;
    List<Reading> page = found.subList(0, Math.min(size, found.size()));
    page = back ? page.reversed() : page;
    boolean next = back ? cursor != null : more;
    boolean previous = back ? more : cursor != null;
    return paging.wrap(
        lecturas.count(range),
        previous && !page.isEmpty() ? LecturaCursor.before(page.getFirst()).text() : null,
        next && !page.isEmpty() ? LecturaCursor.behind(page.getLast()).text() : null,
        page.stream().map(this::json).toList());
  }

  private Reply latest(Request request) {
    int limit = Math.min(MOST_LATEST, request.queryInt("limit", LATEST, 1, Integer.MAX_VALUE));
    ArrayNode list = Json.array();
    lecturas.page(selection.of(request), true, 0, limit).forEach(r -> list.add(json(r)));
    return Reply.ok(list);
  }

  private Reply statistics(Request request) {
    Lecturas.Range range = selection.of(request);
    ReadingDays days = rollups.readings().days();
    long from = Math.max(range.from(), days.min(range.seriesIds()));
    long max = days.max(range.seriesIds());
    long to = Math.min(range.to(), max == Long.MAX_VALUE ? max : max + 1);
    Aggregate sums = new Aggregate();
    if (from < to) {
      for (int id : days.within(range.seriesIds(), from, to)) {
        long since = Math.max(from, rollups.rawFrom(id));
        if (since < to) {
          sums.merge(buckets.over(id, new long[] {since, to}).cells().getFirst());
        }
      }
    }
    ObjectNode body = Json.object();
    body.put("total", lecturas.count(range));
    body.put("promedio", sums.mean());
    body.put("maximo", sums.max());
    body.put("minimo", sums.min());
    return Reply.ok(body);
  }

  private Reply one(Request request) {
    Reading reading = require(request);
    visibility.see(request.principal(), series(reading).deviceId());
    return Reply.ok(json(reading));
  }

  private Reading require(Request request) {
    return lecturas
        .findById(request.pathId("id"))
        .filter(reading -> catalogue.findById(reading.seriesId()).isPresent())
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  private Series series(Reading reading) {
    return catalogue
        .findById(reading.seriesId())
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  private ObjectNode json(Reading reading) {
    return json.of(series(reading), reading);
  }

  private Reply change(Request request, boolean whole) {
    Reading reading = require(request);
    Series series = series(reading);
    visibility.change(request.principal(), series.deviceId(), Permission.CREATE_READINGS);
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    ObjectNode before = json(reading);
    String reason = fields.text("motivo", REASON, "");
    double value = value(fields, body);
    fixed(fields, body, before, "dispositivo", whole);
    fixed(fields, body, before, "sensor", whole);
    fixedMoment(fields, body, reading);
    String meta = reading.meta() == null ? "{}" : reading.meta();
    if (body.has("metadata_json") && !Json.parse(meta).equals(body.get("metadata_json"))) {
      fields.fault("metadata_json", Text.of("reading.fixed"));
    }
    fields.check();
    if (!series.inRange(value)) {
      throw Problem.invalid(
          "non_field_errors",
          Text.of(
              "reading.out_of_range",
              Double.toString(value),
              Double.toString(series.min()),
              Double.toString(series.max())));
    }
    if (value == reading.value()) {
      return Reply.ok(before);
    }
    // That its clock was wrong stays true whatever its value.
    int doubts = reading.quality() & Quality.CLOCK.bit();
    correct(request, reading, value, doubts, reason, "reading.changed");
    return Reply.ok(json(lecturas.find(reading.seriesId(), reading.ts()).orElse(reading)));
  }

  private static double value(Fields fields, ObjectNode body) {
    JsonNode node = body.path("valor");
    if (node.isMissingNode()) {
      fields.fault("valor", Text.of("http.field_required"));
    } else if (node.isNull()) {
      fields.fault("valor", Text.of("http.field_null"));
    } else if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      fields.fault("valor", Text.of("reading.number"));
    }
    return node.doubleValue();
  }

  private static void fixed(
      Fields fields, ObjectNode body, ObjectNode before, String name, boolean required) {
    JsonNode node = body.get(name);
    if (node == null) {
      if (required) {
        fields.fault(name, Text.of("http.field_required"));
      }
    } else if (!node.asText().equals(before.path(name).asText())) {
      fields.fault(name, Text.of("reading.fixed"));
    }
  }

  private void fixedMoment(Fields fields, ObjectNode body, Reading reading) {
    JsonNode node = body.get("timestamp");
    if (node == null || node.isNull()) {
      return;
    }
    try {
      Instant at = Request.instant("timestamp", node.asText(), selection.zone());
      if (Micros.of(at) != reading.ts()) {
        fields.fault("timestamp", Text.of("reading.fixed"));
      }
    } catch (Problem.Invalid e) {
      fields.fault("timestamp", e.text());
    }
  }

  private Reply remove(Request request) {
    Reading reading = require(request);
    visibility.change(request.principal(), series(reading).deviceId(), Permission.CREATE_READINGS);
    correct(
        request,
        reading,
        reading.value(),
        reading.quality() | Quality.DISCARDED.bit(),
        "",
        "reading.deleted");
    return Reply.noContent();
  }

  private void correct(
      Request request, Reading reading, double value, int quality, String reason, String usual) {
    boolean gone = (quality & Quality.DISCARDED.bit()) != 0;
    ObjectNode before = json(reading);
    ObjectNode after = before.deepCopy().put("valor", value);
    AuditLog.Target target =
        AuditLog.Target.of(
            MODEL,
            reading.seq(),
            "%s · %s · %s"
                .formatted(
                    before.path("dispositivo_nombre").asText(),
                    before.path("sensor_nombre").asText(),
                    before.path("timestamp").asText()));
    Correction correction =
        new Correction(
            reading.seriesId(),
            reading.ts(),
            value,
            quality,
            reason.isEmpty() ? messages.inDefaultLanguage(Text.of(usual)) : reason,
            request.principal().name(),
            clock.instant());
    try {
      rollups.correcting(
          corrected -> {
            Optional<Corrected> done =
                rollups
                    .readings()
                    .correct(
                        correction,
                        (handle, _) -> {
                          if (gone) {
                            audit.deleted(handle, target, before);
                          } else {
                            audit.updated(handle, target, before, after);
                          }
                        });
            done.ifPresent(corrected);
          });
    } finally {
      changed.accept(rollups.readings().lastSeq());
    }
  }
}
