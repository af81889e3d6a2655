package io.vatio.messaging;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A message that somebody wrote as HTML, made harmless: only a few tags remain, none of them with
/// an attribute but links to the web and to addresses; every one is closed, so that nothing reaches
/// into what stands around it.
///
/// @param html to show
/// @param text the same without tags
record HtmlMessage(String html, String text) {
  private static final Set<String> KEPT =
      Set.of(
          "a",
          "b",
          "blockquote",
          "br",
          "code",
          "em",
          "h1",
          "h2",
          "h3",
          "h4",
          "hr",
          "i",
          "li",
          "ol",
          "p",
          "pre",
          "strong",
          "table",
          "tbody",
          "td",
          "th",
          "thead",
          "tr",
          "u",
          "ul");

  private static final Set<String> EMPTY = Set.of("br", "hr");

  /// What is in these is no text.
  private static final Set<String> SKIPPED =
      Set.of("script", "style", "iframe", "object", "template", "noscript", "svg", "math", "title");

  private static final Set<String> LINES =
      Set.of("p", "h1", "h2", "h3", "h4", "blockquote", "pre", "ul", "ol", "table", "hr");

  private static final Pattern TAG =
      Pattern.compile("<!--.*?(?:-->|$)|<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>", Pattern.DOTALL);

  private static final Pattern LINK =
      Pattern.compile("\\shref\\s*=\\s*(?:\"([^\"]*)\"|'([^']*)')", Pattern.CASE_INSENSITIVE);

  private static final Pattern ADDRESS =
      Pattern.compile("(?i)(https?://|mailto:)[^\\s\\p{Cntrl}\"'<>`\\\\]{1,500}");

  private static final Pattern ENTITY =
      Pattern.compile("&(?:#(\\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,8}));");

  private static final Map<String, String> NAMED =
      Map.of("amp", "&", "lt", "<", "gt", ">", "quot", "\"", "apos", "'", "nbsp", " ");

  static HtmlMessage of(String message) {
    Writer writer = new Writer();
    String source = PlainText.lines(message, Integer.MAX_VALUE);
    Matcher tag = TAG.matcher(source);
    int done = 0;
    while (tag.find()) {
      writer.text(source.substring(done, tag.start()));
      if (tag.group(2) != null) {
        writer.tag(tag.group(2).toLowerCase(Locale.ROOT), !tag.group(1).isEmpty(), tag.group(3));
      }
      done = tag.end();
    }
    writer.text(source.substring(done));
    return writer.finish();
  }

  private static final class Writer {
    private final StringBuilder html = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();
    private String skipping = "";
    private String link = "";
    private boolean tagged;

    void text(String piece) {
      if (skipping.isEmpty()) {
        String plain = decoded(piece);
        html.append(PlainText.html(plain));
        text.append(plain);
      }
    }

    void tag(String name, boolean end, String attributes) {
      if (!skipping.isEmpty()) {
        if (end && name.equals(skipping)) {
          skipping = "";
        }
      } else if (SKIPPED.contains(name)) {
        if (!end && !attributes.endsWith("/")) {
          skipping = name;
        }
      } else if (KEPT.contains(name)) {
        tagged = true;
        if (end) {
          close(name);
        } else {
          open(name, attributes);
        }
      }
    }

    private void open(String name, String attributes) {
      if (LINES.contains(name)) {
        line();
      }
      switch (name) {
        case "br" -> text.append('\n');
        case "li" -> text.append("- ");
        case "tr" -> line();
        default -> {}
      }
      html.append('<').append(name);
      if (name.equals("a")) {
        link = address(attributes);
        if (!link.isEmpty()) {
          html.append(" href=\"").append(PlainText.html(link)).append('"');
        }
      }
      html.append('>');
      if (!EMPTY.contains(name)) {
        open.push(name);
      }
    }

    private void close(String name) {
      if (!open.contains(name)) {
        return;
      }
      String closed;
      do {
        closed = open.pop();
        html.append("</").append(closed).append('>');
        closedText(closed);
      } while (!closed.equals(name));
    }

    private void closedText(String name) {
      if (name.equals("a") && !link.isEmpty() && !text.toString().endsWith(link)) {
        text.append(" (").append(link.replaceFirst("(?i)^mailto:", "")).append(')');
        link = "";
      }
      if (LINES.contains(name) || name.equals("li") || name.equals("tr")) {
        line();
      }
      if (name.equals("td") || name.equals("th")) {
        text.append(' ');
      }
    }

    private void line() {
      if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
        text.append('\n');
      }
    }

    HtmlMessage finish() {
      while (!open.isEmpty()) {
        close(open.peek());
      }
      // Somebody who wrote no tags meant the lines as they are.
      String shown =
          tagged ? html.toString() : "<p>" + html.toString().replace("\n", "<br>\n") + "</p>";
      return new HtmlMessage(shown, text.toString().strip());
    }

    private static String address(String attributes) {
      Matcher found = LINK.matcher(attributes);
      if (!found.find()) {
        return "";
      }
      String value = decoded(found.group(1) == null ? found.group(2) : found.group(1)).strip();
      return ADDRESS.matcher(value).matches() ? value : "";
    }

    private static String decoded(String piece) {
      return ENTITY.matcher(piece).replaceAll(found -> Matcher.quoteReplacement(sign(found)));
    }

    private static String sign(MatchResult found) {
      if (found.group(3) != null) {
        return NAMED.getOrDefault(found.group(3), found.group());
      }
      int code =
          found.group(1) == null
              ? Integer.parseInt(found.group(2), 16)
              : Integer.parseInt(found.group(1));
      boolean printable =
          Character.isValidCodePoint(code)
              && !Character.isISOControl(code)
              && Character.getType(code) != Character.SURROGATE
              && Character.getType(code) != Character.FORMAT;
      return printable ? Character.toString(code) : " ";
    }
  }
}
