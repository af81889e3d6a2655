package io.vatio.reading;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.sensor.Series;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// Corrections of readings: a better value, or that a reading does not count. What it was before
/// stays in the list, and a correction can be taken back.
final class CorrectionRoutes {
  private static final String OF_SERIES = "/api/series/:id/correcciones";

  /// Readings of one request; each is a commit.
  private static final int MOST = 1_000;

  private static final int REASON = 500;
  private static final String DISCARD = "descartar";

  private final SeriesSelection selection;
  private final Rollups rollups;
  private final ZoneId zone;
  private final Clock clock;
  private final LongConsumer changed;

  /// @param changed hears the newest seq there is after corrections were committed
  CorrectionRoutes(
      SeriesSelection selection, Rollups rollups, ZoneId zone, Clock clock, LongConsumer changed) {
    this.selection = selection;
    this.rollups = rollups;
    this.zone = zone;
    this.clock = clock;
    this.changed = changed;
  }

  void addTo(HttpApi api) {
    Access repairer = Access.holder(Permission.MANAGE_SENSORS);
    api.route(HttpMethod.GET, OF_SERIES, Access.holder(Permission.VIEW_READINGS), this::list);
    api.route(HttpMethod.POST, OF_SERIES, repairer, this::correct);
    api.route(HttpMethod.DELETE, "/api/correcciones/:id", repairer, this::undo);
  }

  private Reply list(Request request) {
    Series series = selection.require(request);
    int limit = request.queryInt("limit", 100, 1, MOST);
    Instant from = request.queryInstant("desde", zone);
    Instant to = request.queryInstant("hasta", zone);
    ArrayNode list = Json.array();
    rollups
        .readings()
        .corrections(
            series.id(),
            from == null ? Long.MIN_VALUE : Micros.of(from),
            to == null ? Long.MAX_VALUE : Micros.of(to),
            limit)
        .forEach(c -> list.add(json(c)));
    return Reply.ok(list);
  }

  private Reply correct(Request request) {
    Series series = selection.requireChangeable(request, Permission.MANAGE_SENSORS);
    ObjectNode body = request.object();
    Fields fields = new Fields(body);
    String reason = fields.text("motivo", REASON, "");
    boolean discard = isDiscarding(fields);
    Double value = discard ? null : value(fields, body.path("valor"));
    List<Reading> meant = meant(fields, body, series);
    fields.check();
    List<Corrected> done = new ArrayList<>();
    correcting(
        corrected -> {
          for (Reading reading : meant) {
            rollups
                .readings()
                .correct(
                    new Correction(
                        series.id(),
                        reading.ts(),
                        value == null ? reading.value() : value,
                        discard ? reading.quality() | Quality.DISCARDED.bit() : 0,
                        reason,
                        request.principal().name(),
                        clock.instant()))
                .ifPresent(
                    c -> {
                      corrected.accept(c);
                      done.add(c);
                    });
          }
        });
    ArrayNode list = Json.array();
    done.forEach(c -> list.add(json(c)));
    return Reply.created(list);
  }

  /// Corrects, and says so even when only some of it was done.
  private void correcting(Consumer<Consumer<Corrected>> work) {
    try {
      rollups.correcting(work);
    } finally {
      changed.accept(rollups.readings().lastSeq());
    }
  }

  private static boolean isDiscarding(Fields fields) {
    String mark = fields.text("marcar", 20, "");
    if (!mark.isEmpty() && !mark.equals(DISCARD)) {
      fields.fault("marcar", Text.of("http.not_a_choice", mark));
    }
    return mark.equals(DISCARD);
  }

  private static @Nullable Double value(Fields fields, JsonNode node) {
    if (!node.isNumber() || !Double.isFinite(node.doubleValue())) {
      fields.fault("valor", Text.of("correction.value"));
      return null;
    }
    return node.doubleValue();
  }

  /// The readings of one moment, or of a stretch of time.
  private List<Reading> meant(Fields fields, ObjectNode body, Series series) {
    Instant at = moment(fields, body, "timestamp");
    Instant from = moment(fields, body, "desde");
    Instant to = moment(fields, body, "hasta");
    if (at != null && from == null && to == null) {
      return rollups
          .readings()
          .find(series.id(), Micros.of(at))
          .map(List::of)
          .orElseGet(
              () -> {
                fields.fault("timestamp", Text.of("correction.none"));
                return List.of();
              });
    }
    if (at != null || from == null || to == null || !from.isBefore(to)) {
      fields.fault("timestamp", Text.of("correction.when"));
      return List.of();
    }
    List<Reading> found =
        rollups.readings().newest(series.id(), Micros.of(from), Micros.of(to), MOST + 1);
    if (found.isEmpty()) {
      fields.fault("desde", Text.of("correction.none"));
    } else if (found.size() > MOST) {
      fields.fault("desde", Text.of("series.too_many", Integer.toString(MOST)));
    }
    return found;
  }

  private @Nullable Instant moment(Fields fields, ObjectNode body, String name) {
    if (!body.hasNonNull(name)) {
      return null;
    }
    try {
      return Request.instant(name, body.get(name).asText(), zone);
    } catch (Problem.Invalid e) {
      fields.fault(name, e.text());
      return null;
    }
  }

  private Reply undo(Request request) {
    long id = request.pathId("id");
    Corrected known =
        rollups
            .readings()
            .correction(id)
            .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
    selection.requireChangeable(request, known.seriesId(), Permission.MANAGE_SENSORS);
    List<Corrected> done = new ArrayList<>();
    correcting(
        corrected -> {
          Optional<Corrected> undone =
              rollups.readings().undo(id, request.principal().name(), clock.instant());
          undone.ifPresent(corrected);
          undone.ifPresent(done::add);
        });
    if (done.isEmpty()) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
    return Reply.ok(json(done.getFirst()));
  }

  private static ObjectNode json(Corrected corrected) {
    ObjectNode json = Json.object();
    json.put("id", corrected.id());
    json.put("timestamp", Micros.toInstant(corrected.ts()).toString());
    json.put("valor_anterior", corrected.oldValue());
    codes(json.putArray("calidad_anterior"), corrected.oldQuality());
    json.put("valor_nuevo", corrected.newValue());
    codes(json.putArray("calidad_nueva"), corrected.newQuality());
    json.put("motivo", corrected.reason());
    json.put("autor", corrected.author());
    json.put("corregida", corrected.at().toString());
    Instant undone = corrected.undoneAt();
    json.put("deshecha", undone == null ? null : undone.toString());
    json.put("deshecha_por", corrected.undoneBy());
    return json;
  }

  private static void codes(ArrayNode array, int quality) {
    Quality.codes(quality).forEach(array::add);
  }
}
