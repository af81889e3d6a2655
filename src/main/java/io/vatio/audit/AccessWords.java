package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.http.Exchange;
import io.vatio.platform.json.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What of a request may be written down, and in which words; none of them is the stranger's choice
/// where something is counted by it.
final class AccessWords {
  /// Module, end point or method of what nobody knows.
  static final String OTHER = "otros";

  static final List<String> METHODS =
      List.of("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS");

  static final int MAX_NAME = 200;
  static final int MAX_TEXT = 300;
  private static final int MAX_ADDRESS = 64;
  private static final int MAX_PARAMETERS = 20;
  private static final int MAX_VALUE = 100;
  private static final String ROOT = "/api/";

  /// Parameters of which only the name is shown. A name that is in neither list may be the secret
  /// itself.
  private static final Set<String> NAMED =
      Set.of(
          "ticket",
          "token",
          "access_token",
          "refresh",
          "code",
          "key",
          "api_key",
          "password",
          "hash",
          "search",
          "q",
          "username",
          "email",
          "last_event_id");

  /// Parameters whose values are shown too.
  private static final Set<String> HARMLESS =
      Set.of(
          "page",
          "page_size",
          "cursor",
          "ordering",
          "limit",
          "format",
          "desde",
          "hasta",
          "intervalo",
          "zona",
          "sensor",
          "device",
          "serie",
          "series",
          "dispositivo",
          "dispositivos",
          "site",
          "sitio",
          "estado",
          "tipo",
          "reclamado",
          "activo",
          "fecha_inicio",
          "fecha_fin",
          "from_date",
          "to_date",
          "action",
          "model_name",
          "object_id",
          "user_id",
          "method",
          "status_code",
          "module",
          "errors_only",
          "slow_only",
          "contar",
          "topics",
          "funciones");

  private AccessWords() {}

  static AccessLine line(Exchange exchange, String module, long atMicros) {
    var principal = exchange.principal();
    return new AccessLine(
        0,
        Micros.toInstant(atMicros),
        principal == null ? 0 : principal.account().orElse(0),
        principal == null ? "" : Secrets.text(principal.name(), MAX_NAME),
        module,
        path(exchange.path(), exchange.route()),
        method(exchange.method()),
        exchange.status(),
        exchange.durationNanos() / 1_000,
        Secrets.clean(exchange.address(), MAX_ADDRESS),
        Secrets.text(exchange.userAgent(), MAX_TEXT),
        query(exchange.query()));
  }

  /// The first part of a path behind `/api/`, if it is one of the program's own.
  static String module(Exchange exchange, Set<String> modules) {
    String module = module(exchange.route() == null ? exchange.path() : exchange.route());
    return exchange.route() != null || modules.contains(module) ? module : OTHER;
  }

  static String module(String path) {
    if (!path.startsWith(ROOT)) {
      return OTHER;
    }
    int end = path.indexOf('/', ROOT.length());
    return path.substring(ROOT.length(), end < 0 ? path.length() : end);
  }

  static String method(String method) {
    return METHODS.contains(method) ? method : OTHER;
  }

  /// A route as people write it: `/api/devices/{id}/`.
  static String endpoint(@Nullable String route) {
    return route == null ? OTHER : route.replaceAll(":([A-Za-z_]+)", "{$1}") + "/";
  }

  /// A path without what may be secret: what stands in a parameter of such a name or behind such a
  /// word, and what looks like it.
  static String path(String path, @Nullable String route) {
    String[] parts = Secrets.clean(path, MAX_TEXT).split("/", -1);
    String[] names = route == null ? new String[0] : route.split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      boolean parameter = i < names.length && names[i].startsWith(":");
      boolean literal = i < names.length && !parameter;
      boolean secret =
          parameter
              ? Secrets.isSecretName(names[i]) || Secrets.looksSecret(parts[i])
              : !literal
                  && ((i > 0 && Secrets.isSecretName(parts[i - 1]))
                      || Secrets.looksSecret(parts[i]));
      parts[i] = secret && !parts[i].isEmpty() ? Secrets.MASK : parts[i];
    }
    return String.join("/", parts);
  }

  /// The parameters as JSON.
  static String query(@Nullable String query) {
    if (query == null || query.isEmpty()) {
      return "{}";
    }
    ObjectNode parameters = Json.object();
    for (String pair : query.split("&", MAX_PARAMETERS + 1)) {
      if (parameters.size() == MAX_PARAMETERS) {
        break;
      }
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      boolean shown = HARMLESS.contains(name) && value.length() <= MAX_VALUE;
      if (!name.isEmpty()) {
        parameters.put(
            shown || NAMED.contains(name) ? name : Secrets.MASK,
            shown ? Secrets.text(value, MAX_VALUE) : Secrets.MASK);
      }
    }
    return Json.text(parameters);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return Secrets.MASK;
    }
  }
}
