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
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// `/dispositivos`: devices that were discovered, how they are claimed and switched.
///
/// Whoever holds `ver_dispositivos` reads all devices. Whoever holds `gestionar_dispositivos`
/// changes all of them; an operator (`asignar_sensores`) creates and claims devices and changes
/// those that are his. Somebody on a trusted network acts as an operator of devices that belong to
/// nobody in particular.
public final class DispositivoRoutes {
  private static final int LOG_LINES = 50;
  private static final int MOST_LOG_LINES = 200;
  private static final Access READ = Access.holder(Permission.VIEW_DEVICES);

  private final DeviceRegistry devices;
  private final Messages messages;

  public DispositivoRoutes(DeviceRegistry devices, Messages messages) {
    this.devices = devices;
    this.messages = messages;
  }

  public void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/dispositivos", READ, this::list);
    api.route(HttpMethod.GET, "/dispositivos/no-reclamados", READ, this::listUnclaimed);
    api.route(HttpMethod.GET, "/dispositivos/:id", READ, this::show);
    api.route(HttpMethod.GET, "/dispositivos/:id/logs", READ, this::logs);
    // Who may write depends on the device as well: see mayChange.
    api.route(HttpMethod.POST, "/dispositivos", Access.ANYONE, this::create);
    api.route(HttpMethod.POST, "/dispositivos/reclamar", Access.ANYONE, this::claim);
    api.route(HttpMethod.PUT, "/dispositivos/:id", Access.ANYONE, this::update);
    api.route(
        HttpMethod.DELETE,
        "/dispositivos/:id",
        Access.holder(Permission.MANAGE_DEVICES),
        this::delete);
  }

  private Reply list(Request request) {
    Optional<Boolean> claimed = claimedFilter(request);
    Optional<String> state = request.query("estado");
    return Reply.ok(
        devices.listAll().stream()
            .filter(d -> claimed.isEmpty() || claimed.get() == d.claimed())
            .filter(d -> state.isEmpty() || state.get().equals(d.operatingState()))
            .map(DispositivoJson::answer)
            .toList());
  }

  private Reply listUnclaimed(Request request) {
    return Reply.ok(
        devices.listAll().stream()
            .filter(d -> !d.claimed())
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
    Principal who = writer(request);
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .create(
                DeviceTemplate.unknown(form.requireSerial()),
                fresh -> form.applyToNew(fresh, ownerAfter(who, fresh)))
            .orElseThrow(() -> Problem.conflict(Text.of("device.serial_taken")));
    return Reply.created(done(request, "device.created", device));
  }

  private Reply claim(Request request) {
    Principal who = writer(request);
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .findBySerial(form.requireSerial())
            .flatMap(found -> devices.update(found.id(), present -> claimed(present, form, who)))
            .orElseThrow(() -> Problem.notFound(Text.of("device.not_detected")));
    return Reply.ok(done(request, "device.claimed", device));
  }

  private static Device claimed(Device present, DispositivoForm form, Principal who) {
    if (present.claimed()) {
      throw Problem.conflict(Text.of("device.already_claimed"));
    }
    if (present.operatorId() != null && !mayChange(who, present)) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    return form.applyTo(present, true, ownerAfter(who, present));
  }

  private Reply update(Request request) {
    Principal who = writer(request);
    long id = require(request).id();
    DispositivoForm form = DispositivoForm.read(request.object());
    Device device =
        devices
            .update(
                id,
                present -> {
                  if (!mayChange(who, present)) {
                    throw Problem.forbidden(Text.of("http.forbidden"));
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
    Device device = require(request);
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
    return devices.findById(request.pathId("id")).orElseThrow(DispositivoRoutes::unknown);
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

  /// Who asks, when he may write to some devices at least.
  private static Principal writer(Request request) {
    Principal who = request.principal();
    if (!who.may(Permission.MANAGE_DEVICES) && !isOperator(who)) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    return who;
  }

  private static boolean isOperator(Principal who) {
    return (who instanceof Principal.User || who instanceof Principal.Trusted)
        && who.may(Permission.ASSIGN_SENSORS);
  }

  private static boolean mayChange(Principal who, Device device) {
    if (who.may(Permission.MANAGE_DEVICES)) {
      return true;
    }
    return isOperator(who)
        && Objects.equals(
            device.operatorId(), who instanceof Principal.User user ? (Long) user.id() : null);
  }

  /// Whose device it is after this one has created or claimed it.
  private static @Nullable Long ownerAfter(Principal who, Device device) {
    return who instanceof Principal.User user && !who.may(Permission.MANAGE_DEVICES)
        ? (Long) user.id()
        : device.operatorId();
  }
}
