package io.vatio.site;

import com.fasterxml.jackson.databind.node.ObjectNode;
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
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// `/api/sites/`. Everybody of the installation sees all sites, an external user those of the
/// devices that are shared with him; whoever manages all devices changes sites.
public final class SiteRoutes {
  private static final String PATH = "/api/sites";
  private static final String ONE = PATH + "/:id";

  private static final Listing<Site> LISTING =
      new Listing<>(
          List.of(Site::name, Site::description),
          Map.of("id", Site::id, "nombre", Site::name, "created_at", Site::createdAt),
          "id");

  private final SiteRegistry sites;
  private final SiteDevices devices;
  private final Clock clock;

  public SiteRoutes(SiteRegistry sites, SiteDevices devices, Clock clock) {
    this.sites = sites;
    this.devices = devices;
    this.clock = clock;
  }

  public void addTo(HttpApi api) {
    Access viewer = Access.holder(Permission.VIEW_DEVICES);
    Access keeper = Access.holder(Permission.MANAGE_DEVICES);
    api.route(HttpMethod.GET, PATH, viewer, this::list);
    api.route(HttpMethod.GET, ONE, viewer, this::show);
    api.route(HttpMethod.POST, PATH, keeper, this::create);
    api.route(HttpMethod.PUT, ONE, keeper, request -> update(request, false));
    api.route(HttpMethod.PATCH, ONE, keeper, request -> update(request, true));
    api.route(HttpMethod.DELETE, ONE, keeper, this::delete);
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    Map<Long, Integer> counts = devices.countSeen(request.principal());
    List<Site> found =
        LISTING.apply(
            request,
            sites.listAll().stream()
                .filter(site -> sees(request.principal(), site, counts))
                .toList());
    return Reply.ok(
        paging.wrap(
            found.size(), paging.cut(found).stream().map(site -> json(site, counts)).toList()));
  }

  private Reply show(Request request) {
    Map<Long, Integer> counts = devices.countSeen(request.principal());
    return Reply.ok(
        json(
            sites
                .find(request.pathId("id"))
                .filter(site -> sees(request.principal(), site, counts))
                .orElseThrow(SiteRoutes::unknown),
            counts));
  }

  private static boolean sees(Principal who, Site site, Map<Long, Integer> counts) {
    return who.reach() != Reach.SHARED || counts.containsKey(site.id());
  }

  private Reply create(Request request) {
    requireKeeper(request);
    Instant now = clock.instant();
    Site like = sites.defaultSite();
    Site draft = new Site(0, "", "", like.zone(), like.currency(), like.language(), now, now);
    Site site = sites.create(SiteForm.read(request.object(), false).applyTo(draft, now));
    return Reply.created(json(site, Map.of()));
  }

  private Reply update(Request request, boolean partial) {
    requireKeeper(request);
    long id = sites.find(request.pathId("id")).orElseThrow(SiteRoutes::unknown).id();
    SiteForm form = SiteForm.read(request.object(), partial);
    Site site =
        sites
            .update(id, present -> form.applyTo(present, clock.instant()))
            .orElseThrow(SiteRoutes::unknown);
    return Reply.ok(json(site, devices.countSeen(request.principal())));
  }

  private Reply delete(Request request) {
    requireKeeper(request);
    if (!sites.delete(request.pathId("id"), devices)) {
      throw unknown();
    }
    return Reply.noContent();
  }

  private static void requireKeeper(Request request) {
    if (request.principal().reach() != Reach.ALL) {
      throw Problem.forbidden(Text.of("site.forbidden"));
    }
  }

  private ObjectNode json(Site site, Map<Long, Integer> counts) {
    ObjectNode json = Json.object();
    json.put("id", site.id());
    json.put("nombre", site.name());
    json.put("descripcion", site.description());
    json.put("zona_horaria", site.zone().getId());
    json.put("moneda", site.currency());
    json.put("idioma", site.language());
    json.put("principal", site.id() == sites.defaultSite().id());
    json.put("cantidad_dispositivos", counts.getOrDefault(site.id(), 0));
    json.put("created_at", site.createdAt().toString());
    json.put("updated_at", site.updatedAt().toString());
    return json;
  }

  private static Problem unknown() {
    return Problem.notFound(Text.of("http.not_found"));
  }
}
