package io.vatio.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.Tokens;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;

/// How devices get their secrets and tokens.
public final class DeviceAccessRoutes {
  private static final int MAX_SECRET = 200;

  private final Visibility visibility;
  private final DeviceCredentials credentials;
  private final DeviceCertificates certificates;

  public DeviceAccessRoutes(
      Visibility visibility, DeviceCredentials credentials, DeviceCertificates certificates) {
    this.certificates = certificates;
    this.visibility = visibility;
    this.credentials = credentials;
  }

  public void addTo(HttpApi api) {
    // Who may depends on the device as well: see Visibility.
    Access manager = Access.ANYONE;
    api.route(HttpMethod.POST, "/api/devices/token", Access.PUBLIC, this::token);
    api.route(HttpMethod.POST, "/api/devices/:id/credentials", manager, this::issue);
    api.route(HttpMethod.DELETE, "/api/devices/:id/credentials", manager, this::revoke);
  }

  private Reply issue(Request request) {
    Device device = requireDevice(request);
    DeviceCredentials.Issued issued =
        credentials.issue(device.id()).orElseThrow(DeviceAccessRoutes::notFound);
    ObjectNode body = Json.object();
    ObjectNode about = body.putObject("device");
    about.put("id", device.id());
    about.put("serial_number", device.serial());
    ObjectNode mqtt = body.putObject("mqtt");
    mqtt.put("username", issued.username());
    mqtt.put("password", issued.password());
    body.put("created_at", issued.createdAt().toString());
    return Reply.created(body);
  }

  private Reply revoke(Request request) {
    Device device = requireDevice(request);
    boolean hadSecret = credentials.revoke(device.id());
    boolean hadCertificate = certificates.revokeAll(device);
    if (!hadSecret && !hadCertificate) {
      throw Problem.notFound(Text.of("device.no_credential"));
    }
    return Reply.noContent();
  }

  private Reply token(Request request) {
    Fields fields = new Fields(request.object());
    String username = fields.text("username", DeviceRegistry.MAX_SERIAL_LENGTH + 20);
    String password = fields.text("password", MAX_SECRET);
    fields.check();
    Tokens.Issued issued =
        credentials
            .token(username, password)
            .orElseThrow(() -> Problem.unauthenticated(Text.of("account.login_refused")));
    ObjectNode body = Json.object();
    body.put("token", issued.token());
    body.put("expires_at", issued.expiresAt().toString());
    return Reply.ok(body);
  }

  private Device requireDevice(Request request) {
    return visibility.edit(request.principal(), request.pathId("id"));
  }

  private static Problem notFound() {
    return Problem.notFound(Text.of("http.not_found"));
  }
}
