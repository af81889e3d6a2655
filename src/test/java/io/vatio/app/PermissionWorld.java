package io.vatio.app;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// People, keys and devices with all kinds of rights on one server, and things for them to try
/// their
/// rights on: everything made over HTTP, as anybody would.
final class PermissionWorld {
  /// Who asks, and about whose things.
  enum Who {
    NOBODY("nadie"),
    EXTERNAL_SHARED("externo, compartido"),
    EXTERNAL_OTHER("externo, ajeno"),
    READER("solo_lectura"),
    OPERATOR_OWN("operador, propio"),
    OPERATOR_OTHER("operador, ajeno"),
    SUPERUSER("superusuario"),
    READ_KEY("clave ver_lecturas"),
    WRITE_KEY("clave crear_lecturas"),
    DEVICE_SELF("dispositivo, él mismo"),
    DEVICE_OTHER("dispositivo, otro");

    final String label;

    Who(String label) {
      this.label = label;
    }

    boolean isAboutAnother() {
      return this == EXTERNAL_OTHER || this == OPERATOR_OTHER;
    }
  }

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final String PASSWORD = "Una-clave-larga-7";

  private final String url;
  private final ApiClient admin;
  private final Map<Who, String> tokens = new LinkedHashMap<>();
  private final long owner;
  private final long otherOwner;
  private final long guest;
  private final long readKey;
  private int count;

  /// The things that belong together: a device with a sensor and a reading.
  record Things(long device, long sensor, long series, long reading, String serial) {}

  PermissionWorld(String url) {
    this.url = url;
    this.admin = ApiClient.login(url);
    long reader = user("lectora", 3, "interno");
    owner = user("operadora", 2, "interno");
    otherOwner = user("operador", 2, "interno");
    guest = user("invitada", 3, "externo");
    if (reader < 1) {
      throw new IllegalStateException("no user");
    }
    tokens.put(Who.NOBODY, "");
    tokens.put(Who.EXTERNAL_SHARED, login("invitada"));
    tokens.put(Who.EXTERNAL_OTHER, token(Who.EXTERNAL_SHARED));
    tokens.put(Who.READER, login("lectora"));
    tokens.put(Who.OPERATOR_OWN, login("operadora"));
    tokens.put(Who.OPERATOR_OTHER, token(Who.OPERATOR_OWN));
    tokens.put(
        Who.SUPERUSER,
        made(
                "/api/auth/login/",
                Map.of("username", ServerProcess.ADMIN, "password", ServerProcess.PASSWORD))
            .path("access")
            .asText());
    readKey = key(Who.READ_KEY, "ver_lecturas");
    key(Who.WRITE_KEY, "crear_lecturas");
  }

  private long user(String name, int role, String type) {
    return made(
            "/api/users/",
            Map.of(
                "username",
                name,
                "email",
                name + "@ejemplo.org",
                "password",
                PASSWORD,
                "first_name",
                "Ana",
                "last_name",
                "Prueba",
                "tipo_usuario",
                type,
                "rol",
                role,
                "is_active",
                true))
        .path("id")
        .asLong();
  }

  private String login(String name) {
    return made("/api/auth/login/", Map.of("username", name, "password", PASSWORD))
        .path("access")
        .asText();
  }

  private long key(Who who, String permission) {
    JsonNode key =
        made("/api/api-keys/", Map.of("label", permission, "permisos", List.of(permission)));
    tokens.put(who, key.path("key").asText());
    return key.path("id").asLong();
  }

  private String token(Who who) {
    return Optional.ofNullable(tokens.get(who)).orElseThrow();
  }

  /// A device with all that belongs to it: the owner's and shared with the guest, or another's.
  Things things(boolean another) {
    String serial = "cosa-" + ++count;
    long device =
        made(
                "/api/devices/",
                Map.of(
                    "nombre", "Cosa " + count,
                    "tipo", "esp32",
                    "identificador_unico", serial,
                    "ubicacion", "Aquí",
                    "estado", "activo"))
            .path("id")
            .asLong();
    long sensor =
        made(
                "/api/sensors/",
                Map.of(
                    "nombre",
                    "Sensor " + count,
                    "tipo",
                    "temperatura",
                    "unidad_medida",
                    "°C",
                    "rango_min",
                    -40,
                    "rango_max",
                    80))
            .path("id")
            .asLong();
    made("/api/devices/" + device + "/assign-sensor/", Map.of("sensor_id", sensor));
    made(
        "/api/devices/" + device + "/assign-operator/",
        Map.of("operador_id", another ? otherOwner : owner));
    if (!another) {
      made("/api/devices/" + device + "/shares/", Map.of("usuario", guest));
    }
    long reading =
        made("/api/readings/", Map.of("dispositivo", device, "sensor", sensor, "valor", 20.5))
            .path("id")
            .asLong();
    long series =
        admin
            .json("/api/series/catalogo/?dispositivo=" + device)
            .path("results")
            .path(0)
            .path("id")
            .asLong();
    return new Things(device, sensor, series, reading, serial);
  }

  /// Tries an operation.
  ///
  /// @param path with parameters in braces
  /// @param example of the body, null for none
  /// @return the status
  int attempt(Who who, String method, String path, @Nullable JsonNode example) {
    Things things = things(who.isAboutAnother());
    String filled = fill(path, things, who);
    @Nullable String body = example == null ? null : Json.text(fitted(example.deepCopy(), things));
    String type = path.startsWith("/api/imports") ? "text/csv" : "application/json";
    return status(method, filled, authorization(who, things), body, type);
  }

  private String authorization(Who who, Things things) {
    return switch (who) {
      case DEVICE_SELF -> deviceToken(things);
      case DEVICE_OTHER -> deviceToken(things(true));
      default -> token(who);
    };
  }

  private String deviceToken(Things things) {
    JsonNode mqtt =
        made("/api/devices/" + things.device() + "/credentials/", Map.of()).path("mqtt");
    return made(
            "/api/devices/token/",
            Map.of(
                "username", mqtt.path("username").asText(),
                "password", mqtt.path("password").asText()))
        .path("token")
        .asText();
  }

  private String fill(String path, Things things, Who who) {
    Map<String, Function<String, String>> kinds = new LinkedHashMap<>();
    kinds.put("/api/devices/{id}", _ -> Long.toString(things.device()));
    kinds.put("/dispositivos/{id}", _ -> Long.toString(things.device()));
    kinds.put("/api/sensors/{id}", _ -> Long.toString(things.sensor()));
    kinds.put("/api/series/{id}", _ -> Long.toString(things.series()));
    kinds.put("/api/readings/{id}", _ -> Long.toString(things.reading()));
    kinds.put("/api/correcciones/{id}", _ -> Long.toString(correction(things)));
    kinds.put("/api/users/{id}", _ -> Long.toString(user("u" + ++count, 3, "interno")));
    kinds.put("/api/roles/{id}", _ -> Long.toString(role()));
    kinds.put("/api/permisos/{id}", _ -> "13");
    kinds.put("/api/api-keys/{id}", _ -> Long.toString(readKeyCopy()));
    kinds.put("/api/login/cifrarID/{", _ -> Long.toString(owner));
    kinds.put("/api/audit-logs/{id}", _ -> firstOf("/api/audit-logs/"));
    kinds.put("/api/sites/{id}", _ -> firstOf("/api/sites/"));
    String filled = path.replaceAll("\\{user}", Long.toString(guest));
    if (path.startsWith("/api/login/")) {
      filled = path.replaceAll("\\{[A-Za-z_]+}", Long.toString(owner));
    }
    filled = filled.replace("{fingerprint}", "0".repeat(64));
    filled = filled.replace("{sensor}", Long.toString(things.sensor()));
    if (filled.endsWith("/remove-sensor/")) {
      filled += "?sensor_id=" + things.sensor();
    }
    for (var kind : kinds.entrySet()) {
      if (filled.contains("{id}") && path.startsWith(kind.getKey())) {
        filled = filled.replace("{id}", kind.getValue().apply(who.label));
      }
    }
    return filled.replaceAll("\\{[A-Za-z_]+}", "1");
  }

  private long correction(Things things) {
    JsonNode reading = admin.json("/api/readings/" + things.reading() + "/");
    return made(
            "/api/series/" + things.series() + "/correcciones/",
            Map.of("timestamp", reading.path("timestamp").asText(), "valor", 21.5, "motivo", "x"))
        .path("id")
        .asLong();
  }

  private long role() {
    return made(
            "/api/roles/",
            Map.of(
                "nombre",
                "rol_" + ++count,
                "nombre_display",
                "Rol " + count,
                "descripcion",
                "",
                "permisos_ids",
                List.of(12)))
        .path("id")
        .asLong();
  }

  private long readKeyCopy() {
    return made(
            "/api/api-keys/", Map.of("label", "x" + ++count, "permisos", List.of("ver_lecturas")))
        .path("id")
        .asLong(readKey);
  }

  private String firstOf(String path) {
    return admin.json(path).path("results").path(0).path("id").asText();
  }

  /// An example with the ids of this world, and names that are still free.
  private JsonNode fitted(JsonNode node, Things things) {
    if (node instanceof ArrayNode array) {
      array.forEach(item -> fitted(item, things));
    }
    if (node instanceof ObjectNode object) {
      Map<String, Object> ours = new LinkedHashMap<>();
      ours.put("dispositivo", things.device());
      ours.put("sensor", things.sensor());
      ours.put("sensor_id", things.sensor());
      ours.put("operador_id", owner);
      ours.put("usuario", guest);
      ours.put("identificador_unico", "nueva-" + ++count);
      ours.put("serial_number", things.serial());
      ours.put("username", "nueva" + count);
      ours.put("email", "nueva" + count + "@ejemplo.org");
      ours.forEach(
          (name, value) -> {
            if (object.has(name)) {
              object.set(name, Json.tree(value));
            }
          });
      object.forEach(child -> fitted(child, things));
    }
    return node;
  }

  /// The status alone, so that streams are left at once.
  private int status(
      String method, String path, String token, @Nullable String body, String contentType) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(30))
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", contentType);
    }
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    try {
      HttpResponse<InputStream> answer =
          HTTP.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      answer.body().close();
      return answer.statusCode();
    } catch (IOException e) {
      throw new IllegalStateException(method + " " + path, e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private JsonNode made(String path, Map<String, ?> body) {
    var answer = admin.post(path, Json.text(body));
    if (answer.statusCode() / 100 != 2) {
      throw new AssertionError(
          path + " " + body + ": " + answer.statusCode() + " " + answer.body());
    }
    return Json.parse(answer.body());
  }
}
