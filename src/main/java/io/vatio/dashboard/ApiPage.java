package io.vatio.dashboard;

import com.fasterxml.jackson.databind.JsonNode;
import io.vatio.kernel.Text;
import io.vatio.platform.text.Messages;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The contract as one page to read and to try out: nothing from elsewhere, everything escaped, and
/// readable without its script.
final class ApiPage {
  private static final List<String> METHODS = List.of("get", "post", "put", "patch", "delete");
  private static final String WORDS = "apidocs.";
  private static final Pattern CODE = Pattern.compile("`([^`]*)`");

  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
          + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private ApiPage() {}

  /// The page as HTML.
  ///
  /// @param language `es` or `en`; what the contract itself says is Spanish
  static String of(JsonNode contract, Messages messages, String language) {
    return new Writer(contract, messages, language).write();
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

    private final Messages messages;
    private final String language;

    Writer(JsonNode contract, Messages messages, String language) {
      this.contract = contract;
      this.messages = messages;
      this.language = language;
    }

    private String word(String key, Object... arguments) {
      return escape(messages.in(language, Text.of(WORDS + key, arguments)));
    }

    String write() {
      Map<String, List<Operation>> byTag = byTag();
      JsonNode info = contract.path("info");
      out.append("<!doctype html>\n<html lang=\"")
          .append(language)
          .append("\"><head><meta charset=\"utf-8\">")
          .append("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>")
          .append(word("title"))
          .append("</title><link rel=\"stylesheet\" href=\"/api/docs/page.css\">")
          .append("<script type=\"module\" src=\"/api/docs/page.js\"></script></head>\n<body");
      for (String key : List.of("try", "send", "body", "found")) {
        out.append(" data-").append(key).append("=\"").append(word(key)).append('"');
      }
      out.append("><a class=\"skip\" href=\"#api\">")
          .append(word("skip"))
          .append("</a>\n<div class=\"frame\"><header><h1>")
          .append(word("title"))
          .append(' ')
          .append(escape(info.path("version").asText()))
          .append("</h1>\n<p><a href=\"/api/schema/?format=json\">OpenAPI JSON</a> · ")
          .append("<a href=\"/api/schema/?format=yaml\">OpenAPI YAML</a> · <a href=\"?lang=")
          .append(language.equals("es") ? "en\" lang=\"en\">English" : "es\" lang=\"es\">Español")
          .append("</a></p>\n</header>\n");
      tools();
      out.append("<div class=\"columns\">\n");
      contents(byTag);
      out.append("<main id=\"api\"><div lang=\"es\">\n");
      paragraphs(info.path("description").asText());
      out.append("</div>\n");
      credentials();
      byTag.forEach(this::section);
      out.append("</main></div></div></body></html>\n");
      return out.toString();
    }

    /// Shown by the script, which alone can use them.
    private void tools() {
      out.append("<div class=\"tools\" hidden><label>")
          .append(word("search"))
          .append("<input id=\"search\" type=\"search\" autocomplete=\"off\"></label><label>")
          .append(word("token"))
          .append("<input id=\"token\" type=\"password\" autocomplete=\"off\"></label>")
          .append("<output id=\"found\" for=\"search\"></output></div>\n");
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
      out.append("<nav aria-label=\"").append(word("contents")).append("\"><ul lang=\"es\">\n");
      for (Map.Entry<String, List<Operation>> tag : byTag.entrySet()) {
        out.append("<li class=\"tag\">").append(escape(tag.getKey())).append("</li>\n");
        for (Operation operation : tag.getValue()) {
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
      out.append("<h2 id=\"credenciales\">" + word("credentials") + "</h2>\n<dl lang=\"es\">\n");
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
      out.append("<section lang=\"es\"><h2>").append(escape(tag)).append("</h2>\n");
      for (JsonNode known : contract.path("tags")) {
        if (known.path("name").asText().equals(tag)) {
          paragraphs(known.path("description").asText());
        }
      }
      operations.forEach(this::operation);
      out.append("</section>\n");
    }

    private void operation(Operation operation) {
      JsonNode node = operation.node();
      out.append("<article aria-labelledby=\"")
          .append(escape(operation.anchor()))
          .append("\" data-id=\"")
          .append(escape(operation.anchor()))
          .append("\" data-method=\"")
          .append(operation.method())
          .append("\" data-path=\"")
          .append(escape(operation.path()))
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
        out.append("<p>").append(word("sent")).append("</p>\n");
        content(body);
      }
      for (Map.Entry<String, JsonNode> response : node.path("responses").properties()) {
        response(response.getKey(), resolve(response.getValue()));
      }
      out.append("</article>\n");
    }

    private String access(String access) {
      return switch (access) {
        case "publico", "identificado", "superusuario" -> word("access_" + access);
        default -> word("access_permission") + " <code>" + escape(access) + "</code>.";
      };
    }

    private void parameters(Operation operation) {
      List<JsonNode> parameters = new ArrayList<>();
      operation.item().path("parameters").forEach(p -> parameters.add(resolve(p)));
      operation.node().path("parameters").forEach(p -> parameters.add(resolve(p)));
      if (parameters.isEmpty()) {
        return;
      }
      out.append("<div class=\"scroll\"><table><thead><tr>");
      for (String column : List.of("parameter", "place", "values", "meaning")) {
        out.append("<th scope=\"col\">").append(word(column)).append("</th>");
      }
      out.append("</tr></thead><tbody>\n");
      for (JsonNode parameter : parameters) {
        out.append("<tr><th scope=\"row\"><code>")
            .append(escape(parameter.path("name").asText()))
            .append("</code></th><td>")
            .append(escape(parameter.path("in").asText()))
            .append("</td><td>")
            .append(escape(values(resolve(parameter.path("schema")))))
            .append("</td><td>")
            .append(inline(parameter.path("description").asText()))
            .append("</td></tr>\n");
      }
      out.append("</tbody></table></div>\n");
    }

    private String values(JsonNode schema) {
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
            messages.in(
                language,
                Text.of(
                    "apidocs.range",
                    schema.path("minimum").asText("…"),
                    schema.path("maximum").asText("…"))));
      }
      if (schema.has("default")) {
        values.add(
            messages.in(language, Text.of("apidocs.default", schema.path("default").asText())));
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
