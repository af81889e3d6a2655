package io.vatio.sensor;

import io.vatio.account.People;
import io.vatio.device.Connection;
import io.vatio.device.Device;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DeviceTemplate;
import io.vatio.device.DispositivoRoutes;
import io.vatio.device.Visibility;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Listing;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.text.Messages;
import io.vatio.site.SiteRegistry;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// `/api/devices/`: devices as assets, with what is assigned to them. Who sees and changes which is
/// said by [Visibility].
final class DeviceRoutes {
  static final String PATH = "/api/devices";
  static final String ONE = PATH + "/:id";

  private static final Listing<Device> LISTING =
      new Listing<>(
          List.of(Device::name, Device::type, Device::serial, Device::location),
          Map.of(
              "nombre", Device::name,
              "tipo", Device::type,
              "estado", Device::lifecycleState,
              "ubicacion", Device::location,
              "identificador_unico", Device::serial,
              "last_seen", Device::lastSeen,
              "created_at", Device::createdAt),
          "-created_at");

  private final DeviceRegistry devices;
  private final Visibility visibility;
  private final SiteRegistry sites;
  private final People people;
  private final DeviceJson json;
  private final Messages messages;
  private final Clock clock;

  DeviceRoutes(ThingsModule.Needs needs, DeviceJson json) {
    this.devices = needs.devices();
    this.visibility = needs.visibility();
    this.sites = needs.sites();
    this.people = needs.people();
    this.json = json;
    this.messages = needs.messages();
    this.clock = needs.clock();
  }

  void addTo(HttpApi api) {
    Access viewer = Access.holder(Permission.VIEW_DEVICES);
    api.route(HttpMethod.GET, PATH, viewer, this::list);
    api.route(HttpMethod.GET, PATH + "/tipos", viewer, this::types);
    api.route(HttpMethod.GET, ONE, viewer, this::show);
    // Who may write depends on the device as well: see Visibility.
    api.route(HttpMethod.POST, PATH, Access.ANYONE, this::create);
    api.route(HttpMethod.PUT, ONE, Access.ANYONE, request -> update(request, false));
    api.route(HttpMethod.PATCH, ONE, Access.ANYONE, request -> update(request, true));
    api.route(HttpMethod.DELETE, ONE, Access.ANYONE, this::delete);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    Predicate<Device> wanted = filter(request);
    List<Device> newestFirst =
        visibility.list(request.principal()).reversed().stream().filter(wanted).toList();
    boolean asTheyAre = request.query("search").isEmpty() && request.query("ordering").isEmpty();
    List<Device> found = asTheyAre ? newestFirst : LISTING.apply(request, newestFirst);
    return Reply.ok(
        paging.wrap(
            found.size(),
            paging.cut(found).stream().map(d -> json.of(d, request.language())).toList()));
  }

  private Predicate<Device> filter(Request request) {
    Optional<String> type = request.query("tipo");
    Optional<String> state = SensorRoutes.choice(request, "estado", SensorTypes.DEVICE_STATES);
    Optional<String> connection =
        SensorRoutes.choice(request, "connection_status", Connection.CODES);
    Long operator = number(request, "operador");
    Long site = number(request, "sitio");
    Optional<Boolean> claimed = DispositivoRoutes.claimedFilter(request);
    Instant now = clock.instant();
    return device ->
        (type.isEmpty() || type.get().equals(device.type()))
            && (state.isEmpty() || state.get().equals(device.lifecycleState()))
            && (operator == null || operator.equals(device.operatorId()))
            && (site == null || site == device.siteId())
            && (claimed.isEmpty() || claimed.get() == device.claimed())
            && (connection.isEmpty() || connection.get().equals(Connection.of(device, now).code()));
  }

  /// A number in the query, null for none.
  static @Nullable Long number(Request request, String name) {
    Optional<String> text = request.query(name);
    if (text.isEmpty()) {
      return null;
    }
    if (!text.get().matches("[0-9]{1,18}")) {
      throw Problem.invalid(name, Text.of("http.number"));
    }
    return Long.parseLong(text.get());
  }

  private Reply types(Request request) {
    return Reply.ok(
        SensorTypes.choices(
            SensorTypes.DEVICES, type -> SensorTypes.device(messages, request.language(), type)));
  }

  private Reply show(Request request) {
    return Reply.ok(
        json.of(visibility.see(request.principal(), request.pathId("id")), request.language()));
  }

  private Reply create(Request request) {
    Principal who = request.principal();
    Visibility.requireEditor(who);
    DeviceForm form = DeviceForm.read(request.object(), false);
    requireSite(form);
    Long owner = Visibility.ownerAfter(who, null);
    Long operator = operator(who, form, owner);
    String serial = Objects.requireNonNull(form.identifier());
    Device device =
        devices
            .create(
                new DeviceTemplate(serial, "", "", "", true),
                fresh -> form.applyTo(fresh, operator, true))
            .orElseThrow(
                () -> Problem.invalid("identificador_unico", Text.of("device.identifier_taken")));
    return Reply.created(json.of(device, request.language()));
  }

  private Reply update(Request request, boolean partial) {
    Principal who = request.principal();
    Device seen = visibility.edit(who, request.pathId("id"));
    DeviceForm form = DeviceForm.read(request.object(), partial);
    requireSite(form);
    Device device =
        devices
            .update(seen.id(), present -> changed(who, present, form))
            .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
    return Reply.ok(json.of(device, request.language()));
  }

  private Device changed(Principal who, Device present, DeviceForm form) {
    if (!visibility.mayEdit(who, present)) {
      throw Problem.forbidden(Text.of("device.forbidden"));
    }
    if (form.identifier() != null && !form.identifier().equals(present.serial())) {
      throw Problem.invalid("identificador_unico", Text.of("device.identifier_fixed"));
    }
    if (form.site() != null && form.site() != present.siteId() && !keepsSites(who)) {
      throw Problem.forbidden(Text.of("site.forbidden"));
    }
    return form.applyTo(present, operator(who, form, present.operatorId()), false);
  }

  /// Whether somebody may change sites, and so what belongs to them.
  static boolean keepsSites(Principal who) {
    return who.may(Permission.MANAGE_DEVICES) && who.reach() == Reach.ALL;
  }

  private void requireSite(DeviceForm form) {
    if (form.site() != null && sites.find(form.site()).isEmpty()) {
      throw Problem.invalid("sitio", Text.of("site.unknown"));
    }
  }

  /// Whose device it is when the form says so.
  private @Nullable Long operator(Principal who, DeviceForm form, @Nullable Long present) {
    if (!form.namesOperator() || Objects.equals(form.operator(), present)) {
      return present;
    }
    if (!who.may(Permission.ASSIGN_OPERATORS)) {
      throw Problem.forbidden(Text.of("device.operator_forbidden"));
    }
    if (form.operator() != null) {
      requireOperator(people, "operador_asignado", form.operator());
    }
    return form.operator();
  }

  /// Lets pass an account whose devices are its own.
  ///
  /// @param field to blame
  static void requireOperator(People people, String field, long accountId) {
    Principal.User user =
        people
            .find(accountId)
            .orElseThrow(() -> Problem.invalid(field, Text.of("device.operator_unknown")));
    if (user.reach() != Reach.OWN || !user.may(Permission.VIEW_DEVICES)) {
      throw Problem.invalid(field, Text.of("device.operator_wrong"));
    }
  }

  private Reply delete(Request request) {
    Device device = visibility.edit(request.principal(), request.pathId("id"));
    if (!devices.delete(device.id())) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
    return Reply.noContent();
  }
}
