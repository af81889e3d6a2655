package io.vatio.device;

import io.vatio.kernel.Page;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.text.Messages;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// `/dispositivos`: devices that were discovered, how they are claimed and switched. Who sees and
/// changes which is said by [Visibility]. A device that nobody has claimed and that is nobody's is
/// there for whoever may claim it.
public final class DispositivoRoutes {
  private static final int LOG_LINES = 50;
  private static final int MOST_LOG_LINES = 200;
  private static final Access READ = Access.holder(Permission.VIEW_DEVICES);

  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final Messages messages;

  public DispositivoRoutes(DeviceRegistry devices, Visibility visibility, Messages messages) {
    this.devices = devices;
    this.visibility = visibility;
    this.messages = messages;
  }

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/dispositivos", READ, this::list);
    api.route(HttpMethod.GET, "/dispositivos/no-reclamados", READ, this::listUnclaimed);
    api.route(HttpMethod.GET, "/dispositivos/:id", READ, this::show);
    api.route(HttpMethod.GET, "/dispositivos/:id/logs", READ, this::logs);
    // Who may write depends on the device as well: see Visibility.
    api.route(HttpMethod.POST, "/dispositivos", Access.ANYONE, this::create);
    api.route(HttpMethod.POST, "/dispositivos/reclamar", Access.ANYONE, this::claim);
    api.route(HttpMethod.PUT, "/dispositivos/:id", Access.ANYONE, this::update);
    api.route(HttpMethod.DELETE, "/dispositivos/:id", Access.ANYONE, this::delete);
  }

  private Reply list(Request request) {
    Optional<Boolean> claimed = claimedFilter(request);
    Optional<String> state = request.query("estado");
    return Reply.ok(
        devices.listAll().stream()
            .filter(seenBy(request))
            .filter(d -> claimed.isEmpty() || claimed.get() == d.claimed())
            .filter(d -> state.isEmpty() || state.get().equals(d.operatingState()))
            .map(DispositivoJson::answer)
            .toList());
  }

  private Reply listUnclaimed(Request request) {
    return Reply.ok(
        devices.listAll().stream()
            .filter(d -> !d.claimed())
            .filter(seenBy(request))
            .map(DispositivoJson.Unclaimed::of)
            .toList());
  }

  private Reply show(Request request) {
    return Reply.ok(DispositivoJson.answer(require(request)));
  }

  private Reply logs(Request request) {
    int page = request.queryInt("page", 1, 1, Integer.MAX_VALUE);
    int perPage =
        Math.min(request.queryInt("per_page", LOG_LINES, 1, Integer.MAX_VALUE), MOST_LOG_LINES);
    Page<StateLog> found = devices.listLogs(require(request).id(), page, perPage);
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("page", page);
    body.put("per_page", perPage);
    body.put("total", found.total());
    body.put("pages", Math.ceilDiv(found.total(), perPage));
    body.put("data", found.items().stream().map(DispositivoJson.LogLine::of).toList());
    return Reply.ok(body);
  }

  private Reply create(Request request) {
    Principal who = request.principal();
    Visibility.requireEditor(who);
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .create(
                DeviceTemplate.unknown(form.requireSerial()),
                fresh -> form.applyToNew(fresh, Visibility.ownerAfter(who, fresh.operatorId())))
            .orElseThrow(() -> Problem.conflict(Text.of("device.serial_taken")));
    return Reply.created(done(request, "device.created", device));
  }

  private Reply claim(Request request) {
    Principal who = request.principal();
    Visibility.requireEditor(who);
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .findBySerial(form.requireSerial())
            .flatMap(found -> devices.update(found.id(), present -> claimed(present, form, who)))
            .orElseThrow(() -> Problem.notFound(Text.of("device.not_detected")));
    return Reply.ok(done(request, "device.claimed", device));
  }

  private Device claimed(Device present, DispositivoForm form, Principal who) {
    if (present.claimed()) {
      throw Problem.conflict(Text.of("device.already_claimed"));
    }
    if (present.operatorId() != null && !visibility.mayEdit(who, present)) {
      throw Problem.forbidden(Text.of("device.forbidden"));
    }
    return form.applyTo(present, true, Visibility.ownerAfter(who, present.operatorId()));
  }

  private Reply update(Request request) {
    Principal who = request.principal();
    Visibility.requireEditor(who);
    long id = request.pathId("id");
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .update(
                id,
                present -> {
                  if (!visibility.mayEdit(who, present)) {
                    throw Problem.forbidden(Text.of("device.forbidden"));
                  }
                  if (form.serial() != null && !form.serial().equals(present.serial())) {
                    throw Problem.invalid("serial_number", Text.of("device.serial_fixed"));
                  }
                  return form.applyTo(present, present.claimed(), present.operatorId());
                })
            .orElseThrow(DispositivoRoutes::unknown);
    Map<String, Object> body = done(request, "device.updated", device);
    body.put("estado", device.operatingState());
    body.put("configuracion", device.configuration());
    return Reply.ok(body);
  }

  private Reply delete(Request request) {
    Device device = visibility.edit(request.principal(), request.pathId("id"));
    if (!devices.delete(device.id())) {
      throw unknown();
    }
    return Reply.ok(done(request, "device.deleted", device));
  }

  /// Reads `?reclamado`, on the lists and on the streams.
  public static Optional<Boolean> claimedFilter(Request request) {
    return request
        .query("reclamado")
        .map(
            text ->
                switch (text.toLowerCase(Locale.ROOT)) {
                  case "true", "1" -> true;
                  case "false", "0" -> false;
                  default ->
                      throw Problem.invalid(
                          "reclamado", Text.of("device.boolean_expected", "reclamado"));
                });
  }

  private Device require(Request request) {
    return devices
        .findById(request.pathId("id"))
        .filter(seenBy(request))
        .orElseThrow(DispositivoRoutes::unknown);
  }

  private static Problem unknown() {
    return Problem.notFound(Text.of("http.not_found"));
  }

  private Map<String, Object> done(Request request, String message, Device device) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("mensaje", messages.in(request.language(), Text.of(message)));
    body.put("id", device.id());
    return body;
  }

  /// What somebody sees, and what he could claim.
  private Predicate<Device> seenBy(Request request) {
    return device -> visibility.finds(request.principal(), device);
  }
}
