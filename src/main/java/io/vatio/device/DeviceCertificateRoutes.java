package io.vatio.device;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.Fields;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.tls.ClientAuthority;
import io.vertx.core.http.HttpMethod;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How devices get their certificates and lose them.
public final class DeviceCertificateRoutes {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceCertificateRoutes.class);
  private static final int MAX_REQUEST = 16_384;
  private static final String PATH = "/api/devices/:id/certificate";

  private final Visibility visibility;
  private final DeviceCertificates certificates;

  public DeviceCertificateRoutes(Visibility visibility, DeviceCertificates certificates) {
    this.visibility = visibility;
    this.certificates = certificates;
  }

  public void addTo(HttpApi api) {
    // Who may depends on the device as well: see Visibility.
    Access manager = Access.ANYONE;
    api.route(HttpMethod.POST, PATH, manager, this::issue);
    api.route(HttpMethod.GET, PATH, manager, this::list);
    api.route(HttpMethod.DELETE, PATH + "/:fingerprint", manager, this::revoke);
  }

  private Reply issue(Request request) {
    Device device = requireDevice(request);
    Fields fields = new Fields(request.object());
    String csr = fields.text("csr", MAX_REQUEST);
    fields.check();
    ClientAuthority.Signed signed = certificates.issue(device, csr);
    LOG.info(
        "certificate {} for device {} signed, asked for by {}",
        signed.fingerprint(),
        device.serial(),
        request.principal().name());
    ObjectNode body = Json.object();
    body.put("serial_number", device.serial());
    body.put("certificate", signed.certificate());
    body.put("authority", signed.authority());
    body.put("fingerprint", signed.fingerprint());
    body.put("expires_at", signed.expiresAt().toString());
    return Reply.created(body);
  }

  private Reply list(Request request) {
    ArrayNode rows = Json.array();
    for (DeviceCertificates.Entry entry : certificates.list(requireDevice(request).id())) {
      ObjectNode row = rows.addObject();
      row.put("fingerprint", entry.fingerprint());
      row.put("created_at", entry.issuedAt().toString());
      row.put("expires_at", entry.expiresAt() == null ? null : entry.expiresAt().toString());
      row.put("revoked_at", entry.revokedAt() == null ? null : entry.revokedAt().toString());
    }
    return Reply.ok(rows);
  }

  private Reply revoke(Request request) {
    Device device = requireDevice(request);
    String fingerprint = request.path("fingerprint").toLowerCase(Locale.ROOT);
    if (!fingerprint.matches("[0-9a-f]{64}") || !certificates.revoke(device, fingerprint)) {
      throw Problem.notFound(Text.of("device.no_certificate"));
    }
    LOG.info(
        "certificate {} of device {} revoked by {}",
        fingerprint,
        device.serial(),
        request.principal().name());
    return Reply.noContent();
  }

  private Device requireDevice(Request request) {
    return visibility.edit(request.principal(), request.pathId("id"));
  }
}
