package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DispositivoLimits;
import io.vatio.device.Visibility;
import io.vatio.kernel.Page;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Paging;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;

/// `/api/imports/`: files of readings, and how far they are. Everybody sees their own; superusers
/// see all.
final class ImportRoutes {
  private static final String PATH = "/api/imports";
  static final long MOST_BYTES = 1L << 30;

  /// Imports that are not over, of everybody.
  static final int WAITING = 20;

  private static final int NAME = 200;

  private final Imports imports;
  private final ZoneId zone;

  ImportRoutes(Imports imports, ZoneId zone) {
    this.imports = imports;
    this.zone = zone;
  }

  void addTo(HttpApi api) {
    Access sender = Access.holder(Permission.CREATE_READINGS);
    api.routeUpload(
        HttpMethod.POST,
        PATH,
        sender,
        MOST_BYTES,
        new HttpApi.UploadHandler() {
          @Override
          public Path begin(Request request, long bytes) {
            return newUpload(request, bytes);
          }

          @Override
          public Reply handle(Request request, Path upload) throws IOException {
            return take(request, upload);
          }

          @Override
          public void end(Path upload) {
            imports.ended(upload);
          }
        });
    api.route(HttpMethod.GET, PATH, sender, this::list);
    api.route(HttpMethod.GET, PATH + "/:id", sender, r -> Reply.ok(json(require(r))));
    api.route(HttpMethod.DELETE, PATH + "/:id", sender, this::cancel);
  }

  private Path newUpload(Request request, long bytes) {
    if (request.principal() instanceof Principal.Device
        || request.principal() instanceof Principal.Anonymous) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    String type = request.context().request().getHeader("Content-Type");
    if (type != null && (type.startsWith("multipart/") || type.startsWith("application/json"))) {
      throw Problem.invalid(Text.of("import.content_type"));
    }
    options(request);
    Text wrong = DispositivoLimits.text("nombre", request.query("nombre").orElse(""), NAME);
    if (wrong != null) {
      throw Problem.invalid("nombre", wrong);
    }
    return imports.newUpload(bytes);
  }

  private Reply take(Request request, Path upload) throws IOException {
    if (imports.store().open().size() >= WAITING) {
      throw Problem.conflict(Text.of("import.too_many", Integer.toString(WAITING)));
    }
    ImportJob job =
        imports.take(
            upload,
            request.query("nombre").orElse(""),
            request.principal().name(),
            options(request));
    return Reply.json(202, json(job)).with("Location", PATH + "/" + job.id() + "/");
  }

  private ImportOptions options(Request request) {
    ZoneId clock = zone;
    String name = request.query("zona_horaria").orElse("");
    if (!name.isEmpty()) {
      try {
        clock = ZoneId.of(name);
      } catch (DateTimeException _) {
        throw Problem.invalid(
            "zona_horaria", Text.of("import.zone", DispositivoLimits.shown(name)));
      }
    }
    return new ImportOptions(
        request.query("dispositivo").orElse(""),
        request.query("sensor").orElse(""),
        clock,
        Visibility.isEditor(request.principal()),
        request.principal().account().orElse(0),
        request.principal().reach());
  }

  private Reply list(Request request) {
    Paging paging = Paging.of(request);
    Page<ImportJob> page =
        imports
            .store()
            .list(
                seesAll(request) ? "" : request.principal().name(), paging.offset(), paging.size());
    return Reply.ok(
        paging.wrap(page.total(), page.items().stream().map(ImportRoutes::json).toList()));
  }

  private static boolean seesAll(Request request) {
    return request.principal() instanceof Principal.User user && user.superuser();
  }

  private ImportJob require(Request request) {
    return imports
        .store()
        .find(request.pathId("id"))
        .filter(job -> seesAll(request) || job.author().equals(request.principal().name()))
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  private Reply cancel(Request request) {
    ImportJob job = require(request);
    if (!imports.cancel(job.id())) {
      throw Problem.conflict(Text.of("import.over"));
    }
    return Reply.ok(json(require(request)));
  }

  private static ObjectNode json(ImportJob job) {
    ObjectNode json = Json.object();
    json.put("id", job.id());
    json.put("nombre", job.name());
    json.put("autor", job.author());
    json.put("estado", job.state().code());
    json.put("bytes", job.bytes());
    json.put("bytes_leidos", job.bytesDone());
    json.put("guardadas", job.stored());
    json.put("duplicadas", job.duplicates());
    json.put("rechazadas", job.rejected());
    json.set("errores", job.errors());
    json.put("creada", job.createdAt().toString());
    json.put("actualizada", job.updatedAt().toString());
    return json;
  }
}
