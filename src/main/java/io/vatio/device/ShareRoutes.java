package io.vatio.device;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.People;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.site.SiteRegistry;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Who else may look at a device: whoever may change it shares it, for a time if wanted.
public final class ShareRoutes {
  private static final String OF_DEVICE = "/api/devices/:id/shares";

  /// People with whom one device is shared.
  private static final int MOST = 1_000;

  private final DeviceRegistry devices;
  private final DeviceShares shares;
  private final Visibility visibility;
  private final SiteRegistry sites;
  private final People people;
  private final Clock clock;

  public ShareRoutes(
      DeviceRegistry devices,
      DeviceShares shares,
      Visibility visibility,
      SiteRegistry sites,
      People people,
      Clock clock) {
    this.devices = devices;
    this.shares = shares;
    this.visibility = visibility;
    this.sites = sites;
    this.people = people;
    this.clock = clock;
  }

  public void addTo(HttpApi api) {
    // Who may depends on the device: see Visibility.
    api.route(HttpMethod.GET, OF_DEVICE, Access.ANYONE, this::list);
    api.route(HttpMethod.POST, OF_DEVICE, Access.ANYONE, this::share);
    api.route(HttpMethod.DELETE, OF_DEVICE + "/:user", Access.ANYONE, this::end);
    api.route(HttpMethod.POST, "/api/sites/:id/shares", Access.ANYONE, this::shareSite);
    api.route(HttpMethod.GET, "/api/shares", Access.holder(Permission.VIEW_DEVICES), this::listOwn);
  }

  private Reply list(Request request) {
    Device device = visibility.edit(request.principal(), request.pathId("id"));
    return Reply.ok(array(shares.listOfDevice(device.id())));
  }

  private Reply listOwn(Request request) {
    var account = request.principal().account();
    return Reply.ok(
        array(account.isEmpty() ? List.of() : shares.listOfAccount(account.getAsLong())));
  }

  private Reply share(Request request) {
    Device device = visibility.edit(request.principal(), request.pathId("id"));
    Wanted wanted = wanted(request);
    if (shares.listOfDevice(device.id()).size() >= MOST) {
      throw Problem.conflict(Text.of("share.too_many", Integer.toString(MOST)));
    }
    List<Share> made =
        shares.share(List.of(device), wanted.user().id(), wanted.user().name(), wanted.until());
    if (made.isEmpty()) {
      throw unknown();
    }
    return Reply.created(json(made.getFirst()));
  }

  /// Shares those devices of a site that this one may change.
  private Reply shareSite(Request request) {
    Principal who = request.principal();
    Visibility.requireEditor(who);
    long site = sites.find(request.pathId("id")).orElseThrow(ShareRoutes::unknown).id();
    Wanted wanted = wanted(request);
    List<Device> all =
        devices.listAll().stream()
            .filter(device -> device.siteId() == site && visibility.mayEdit(who, device))
            .toList();
    List<Share> made =
        all.isEmpty()
            ? List.of()
            : shares.share(all, wanted.user().id(), wanted.user().name(), wanted.until());
    ObjectNode body = Json.object();
    body.put("count", made.size());
    body.set("compartidos", array(made));
    return Reply.created(body);
  }

  private Wanted wanted(Request request) {
    Fields fields = new Fields(request.object());
    long id = fields.id("usuario");
    Instant until = fields.instant("expira");
    if (until != null && !until.isAfter(clock.instant())) {
      fields.fault("expira", Text.of("share.end_wrong"));
    }
    Principal.User user = people.find(id).orElse(null);
    if (user == null && fields.isFine("usuario")) {
      fields.fault("usuario", Text.of("share.user_unknown"));
    }
    fields.check();
    if (user == null) {
      throw unknown();
    }
    return new Wanted(user, until);
  }

  private Reply end(Request request) {
    Device device = visibility.edit(request.principal(), request.pathId("id"));
    long user = request.pathId("user");
    String name = people.name(user);
    if (!shares.end(device, user, name == null ? "" : name)) {
      throw Problem.notFound(Text.of("share.none"));
    }
    return Reply.noContent();
  }

  private ArrayNode array(List<Share> list) {
    ArrayNode array = Json.array();
    list.forEach(share -> array.add(json(share)));
    return array;
  }

  private ObjectNode json(Share share) {
    ObjectNode json = Json.object();
    json.put("dispositivo", share.deviceId());
    json.put("dispositivo_nombre", devices.findById(share.deviceId()).map(Device::name).orElse(""));
    json.put("usuario", share.accountId());
    json.put("username", people.name(share.accountId()));
    json.put("created_by", share.createdBy());
    json.put("created_by_username", people.name(share.createdBy()));
    json.put("created_at", share.createdAt().toString());
    Instant until = share.expiresAt();
    json.put("expira", until == null ? null : until.toString());
    return json;
  }

  private static Problem unknown() {
    return Problem.notFound(Text.of("http.not_found"));
  }

  private record Wanted(Principal.User user, @Nullable Instant until) {}
}
