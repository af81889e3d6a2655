package io.vatio.dashboard;

import io.vatio.platform.http.HttpApi;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// `/` and its files. They are read from the program once and kept in memory (about 200 KB).
public final class PageRoutes {
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
          + "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
          + "form-action 'self'; frame-ancestors 'none'";

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "json", "application/json; charset=utf-8",
          "webmanifest", "application/manifest+json");

  /// A file directly in the web folder or in its assets: no way up, nothing hidden.
  private static final Pattern NAME = Pattern.compile("(assets/)?[A-Za-z0-9_-][A-Za-z0-9._-]*");

  private final Map<String, File> files = new ConcurrentHashMap<>();
  private final byte[] authority;

  /// @param authority PEM file of the certificate authority, for `/ca.crt`; null when TLS is off
  public PageRoutes(@Nullable Path authority) {
    try {
      this.authority = authority == null ? new byte[0] : Files.readAllBytes(authority);
    } catch (IOException e) {
      throw new UncheckedIOException("read " + authority, e);
    }
  }

  public void addTo(HttpApi api) {
    var router = api.router();
    page(router, "/").handler(ctx -> send(ctx, "index.html", false));
    page(router, "/ca.crt").handler(this::sendAuthority);
    page(router, "/assets/:file")
        .handler(ctx -> send(ctx, "assets/" + ctx.pathParam("file"), true));
    page(router, "/:file").handler(ctx -> send(ctx, String.valueOf(ctx.pathParam("file")), false));
  }

  private static Route page(Router router, String path) {
    return router.get(path).method(HttpMethod.HEAD);
  }

  private void sendAuthority(RoutingContext ctx) {
    if (authority.length == 0) {
      ctx.next();
      return;
    }
    ctx.response()
        .putHeader("Content-Type", "application/x-pem-file")
        .putHeader("Content-Disposition", "attachment; filename=\"vatio-ca.crt\"")
        .end(Buffer.buffer(authority));
  }

  private void send(RoutingContext ctx, String name, boolean hashed) {
    File file = find(name);
    if (file == null) {
      ctx.next();
      return;
    }
    HttpServerResponse response = ctx.response();
    response.putHeader("Content-Security-Policy", POLICY);
    response.putHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.putHeader("Permissions-Policy", "geolocation=(), microphone=(), payment=()");
    response.putHeader("Vary", "Accept-Encoding");
    response.putHeader("ETag", file.tag());
    response.putHeader(
        "Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache");
    if (file.tag().equals(ctx.request().getHeader("If-None-Match"))) {
      response.setStatusCode(304).end();
      return;
    }
    response.putHeader("Content-Type", file.type());
    String accepted = ctx.request().getHeader("Accept-Encoding");
    if (file.zipped().length > 0 && accepted != null && accepted.contains("gzip")) {
      response.putHeader("Content-Encoding", "gzip");
      response.end(Buffer.buffer(file.zipped()));
    } else {
      response.end(Buffer.buffer(file.plain()));
    }
  }

  /// Only what exists is remembered: strangers can invent names without end.
  private @Nullable File find(String name) {
    if (!NAME.matcher(name).matches()) {
      return null;
    }
    File known = files.get(name);
    if (known == null) {
      known = load(name);
      if (known != null) {
        files.put(name, known);
      }
    }
    return known;
  }

  private static @Nullable File load(String name) {
    int dot = name.lastIndexOf('.');
    String type = dot < 0 ? null : TYPES.get(name.substring(dot + 1));
    byte[] plain = type == null ? new byte[0] : read(name);
    if (type == null || plain.length == 0) {
      return null;
    }
    CRC32 checksum = new CRC32();
    checksum.update(plain);
    String tag =
        "\"" + HexFormat.of().toHexDigits((int) checksum.getValue()) + "-" + plain.length + "\"";
    return new File(type, plain, read(name + ".gz"), tag);
  }

  private static byte[] read(String name) {
    try (InputStream in = PageRoutes.class.getResourceAsStream("/web/" + name)) {
      return in == null ? new byte[0] : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("read /web/" + name, e);
    }
  }

  /// @param zipped the same with gzip, empty where there is none
  private record File(String type, byte[] plain, byte[] zipped, String tag) {}
}
