package io.vatio.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The contract as one page to read: no script, nothing from elsewhere, everything escaped.
///
/// @param policy Content-Security-Policy that allows the page's own style and nothing else
record ApiPage(String html, String policy) {
  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");
  private static final Pattern CODE = Pattern.compile("`([^`]*)`");

  private static final String STYLE =
      """
      :root{color-scheme:light dark;--line:color-mix(in srgb,currentColor 22%,transparent);\
      --soft:color-mix(in srgb,currentColor 7%,transparent)}
      *{box-sizing:border-box}
      body{margin:0 auto;max-width:60rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif}
      a{color:inherit}
      .skip{position:absolute;left:-99rem}
      .skip:focus{position:static}
      nav ul{columns:18rem;padding-left:1.2rem}
      h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
      h3{margin:2rem 0 0;font-size:1.05rem;overflow-wrap:anywhere}
      code,pre{font:.9rem/1.45 ui-monospace,monospace}
      pre{overflow:auto;padding:.7rem;background:var(--soft);border-radius:.4rem;margin:.4rem 0}
      .verb{display:inline-block;min-width:4.2em;font-weight:700}
      table{border-collapse:collapse;width:100%;margin:.5rem 0}
      th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;\
      border-bottom:1px solid var(--line)}
      th{font-weight:600}
      details{margin:.3rem 0}
      summary{cursor:pointer}
      """;

  static ApiPage of(JsonNode contract) {
    return new ApiPage(
        new Writer(contract).write(),
        "default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            .formatted(sha256(STYLE)));
  }

  private static String sha256(String text) {
    try {
      return Base64.getEncoder()
          .encodeToString(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// One operation of the contract and where it stands.
  private record Operation(String method, String path, JsonNode item, JsonNode node) {
    String anchor() {
      return node.path("operationId").asText();
    }
  }

  private static final class Writer {
    private final JsonNode contract;
    private final StringBuilder out = new StringBuilder(100_000);

    Writer(JsonNode contract) {
      this.contract = contract;
    }

    String write() {
      Map<String, List<Operation>> byTag = byTag();
      JsonNode info = contract.path("info");
      out.append("<!doctype html>\n<html lang=\"es\"><head><meta charset=\"utf-8\">")
          .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
          .append("<title>API de Vatio</title><style>")
          .append(STYLE)
          .append("</style></head><body>\n<a class=\"skip\" href=\"#api\">Ir al contenido</a>\n")
          .append("<header><h1>API de Vatio ")
          .append(escape(info.path("version").asText()))
          .append("</h1>\n<p><a href=\"../schema/?format=json\">OpenAPI en JSON</a> · ")
          .append("<a href=\"../schema/?format=yaml\">en YAML</a></p>\n");
      paragraphs(info.path("description").asText());
      out.append("</header>\n");
      contents(byTag);
      out.append("<main id=\"api\">\n");
      credentials();
      byTag.forEach(this::section);
      out.append("</main></body></html>\n");
      return out.toString();
    }

    private Map<String, List<Operation>> byTag() {
      Map<String, List<Operation>> byTag = new LinkedHashMap<>();
      contract.path("tags").forEach(tag -> byTag.put(tag.path("name").asText(), new ArrayList<>()));
      for (Map.Entry<String, JsonNode> path : contract.path("paths").properties()) {
        for (String method : METHODS) {
          JsonNode node = path.getValue().path(method);
          if (!node.isMissingNode()) {
            byTag
                .computeIfAbsent(node.path("tags").path(0).asText(), _ -> new ArrayList<>())
                .add(new Operation(method, path.getKey(), path.getValue(), node));
          }
        }
      }
      return byTag;
    }

    private void contents(Map<String, List<Operation>> byTag) {
      out.append("<nav aria-label=\"Contenido\"><ul>\n");
      for (List<Operation> operations : byTag.values()) {
        for (Operation operation : operations) {
          out.append("<li><a href=\"#")
              .append(escape(operation.anchor()))
              .append("\">")
              .append(escape(operation.node().path("summary").asText()))
              .append("</a></li>\n");
        }
      }
      out.append("</ul></nav>\n");
    }

    private void credentials() {
      out.append("<h2 id=\"credenciales\">Credenciales</h2>\n<dl>\n");
      for (Map.Entry<String, JsonNode> scheme :
          contract.path("components").path("securitySchemes").properties()) {
        out.append("<dt><code>")
            .append(escape(scheme.getKey()))
            .append("</code></dt><dd>")
            .append(inline(scheme.getValue().path("description").asText()))
            .append("</dd>\n");
      }
      out.append("</dl>\n");
    }

    private void section(String tag, List<Operation> operations) {
      out.append("<h2>").append(escape(tag)).append("</h2>\n");
      for (JsonNode known : contract.path("tags")) {
        if (known.path("name").asText().equals(tag)) {
          paragraphs(known.path("description").asText());
        }
      }
      operations.forEach(this::operation);
    }

    private void operation(Operation operation) {
      JsonNode node = operation.node();
      out.append("<article aria-labelledby=\"")
          .append(escape(operation.anchor()))
          .append("\">\n<h3 id=\"")
          .append(escape(operation.anchor()))
          .append("\"><code><span class=\"verb\">")
          .append(escape(operation.method().toUpperCase(Locale.ROOT)))
          .append("</span> ")
          .append(escape(operation.path()))
          .append("</code></h3>\n<p><strong>")
          .append(inline(node.path("summary").asText()))
          .append(".</strong> ")
          .append(access(node.path("x-acceso").asText()))
          .append("</p>\n");
      paragraphs(node.path("description").asText());
      parameters(operation);
      JsonNode body = resolve(node.path("requestBody"));
      if (!body.isMissingNode()) {
        out.append("<p>Se envía:</p>\n");
        content(body);
      }
      for (Map.Entry<String, JsonNode> response : node.path("responses").properties()) {
        response(response.getKey(), resolve(response.getValue()));
      }
      out.append("</article>\n");
    }

    private static String access(String access) {
      return switch (access) {
        case "publico" -> "Sin credenciales.";
        case "identificado" -> "Para personas y programas con credenciales.";
        case "superusuario" -> "Solo para superusuarios.";
        default -> "Permiso: <code>" + escape(access) + "</code>.";
      };
    }

    private void parameters(Operation operation) {
      List<JsonNode> parameters = new ArrayList<>();
      operation.item().path("parameters").forEach(p -> parameters.add(resolve(p)));
      operation.node().path("parameters").forEach(p -> parameters.add(resolve(p)));
      if (parameters.isEmpty()) {
        return;
      }
      out.append("<table><thead><tr><th scope=\"col\">Parámetro</th><th scope=\"col\">Dónde</th>")
          .append(
              "<th scope=\"col\">Valores</th><th scope=\"col\">Qué es</th></tr></thead><tbody>\n");
      for (JsonNode parameter : parameters) {
        out.append("<tr><th scope=\"row\"><code>")
            .append(escape(parameter.path("name").asText()))
            .append("</code></th><td>")
            .append(escape(parameter.path("in").asText()))
            .append("</td><td>")
            .append(escape(values(parameter.path("schema"))))
            .append("</td><td>")
            .append(inline(parameter.path("description").asText()))
            .append("</td></tr>\n");
      }
      out.append("</tbody></table>\n");
    }

    private static String values(JsonNode schema) {
      StringJoiner values = new StringJoiner(", ");
      JsonNode choices =
          schema.has("enum") ? schema.path("enum") : schema.path("items").path("enum");
      if (choices.isMissingNode()) {
        values.add(
            schema.has("format") ? schema.path("format").asText() : schema.path("type").asText());
      }
      choices.forEach(choice -> values.add(choice.asText()));
      if (schema.has("minimum") || schema.has("maximum")) {
        values.add(
            "de %s a %s"
                .formatted(schema.path("minimum").asText("…"), schema.path("maximum").asText("…")));
      }
      if (schema.has("default")) {
        values.add("por defecto " + schema.path("default").asText());
      }
      return values.toString();
    }

    private void response(String status, JsonNode response) {
      String line =
          "<code>" + escape(status) + "</code> " + inline(response.path("description").asText());
      if (response.path("content").isEmpty()) {
        out.append("<p>").append(line).append("</p>\n");
        return;
      }
      out.append(status.startsWith("2") ? "<details open><summary>" : "<details><summary>")
          .append(line)
          .append("</summary>\n");
      content(response);
      out.append("</details>\n");
    }

    private void content(JsonNode holder) {
      for (Map.Entry<String, JsonNode> media : holder.path("content").properties()) {
        if (media.getValue().has("example")) {
          example(media.getValue().path("example"));
        }
        media.getValue().path("examples").forEach(named -> example(named.path("value")));
      }
    }

    private void example(JsonNode example) {
      out.append("<pre tabindex=\"0\">")
          .append(escape(example.isTextual() ? example.asText().strip() : example.toPrettyString()))
          .append("</pre>\n");
    }

    private void paragraphs(String text) {
      for (String paragraph : text.strip().split("\n\n", -1)) {
        if (!paragraph.isBlank()) {
          out.append("<p>").append(inline(paragraph.strip())).append("</p>\n");
        }
      }
    }

    private JsonNode resolve(JsonNode node) {
      String reference = node.path("$ref").asText();
      if (reference.isEmpty()) {
        return node;
      }
      return contract.at(reference.substring(1));
    }

    /// Escaped, with `code` between back-ticks.
    private static String inline(String text) {
      Matcher code = CODE.matcher(escape(text));
      return code.replaceAll("<code>$1</code>");
    }

    private static String escape(String text) {
      return text.replace("&", "&amp;")
          .replace("<", "&lt;")
          .replace(">", "&gt;")
          .replace("\"", "&quot;");
    }
  }
}
