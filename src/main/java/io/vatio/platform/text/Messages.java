package io.vatio.platform.text;

import io.vatio.kernel.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// Turns a [Text] into a sentence. Thread safe.
public final class Messages {
  private static final Map<String, Properties> BUNDLES = Map.of("es", load("es"), "en", load("en"));

  private final String defaultLanguage;

  /// @param defaultLanguage `es` or `en`
  public Messages(String defaultLanguage) {
    if (!BUNDLES.containsKey(defaultLanguage)) {
      throw new IllegalArgumentException("no messages in language " + defaultLanguage);
    }
    this.defaultLanguage = defaultLanguage;
  }

  /// The sentence in a language (`es` or `en`).
  public String in(String language, Text text) {
    Properties bundle = BUNDLES.getOrDefault(language, BUNDLES.get("es"));
    String pattern = bundle == null ? null : bundle.getProperty(text.key());
    if (pattern == null) {
      return text.key();
    }
    return text.arguments().isEmpty()
        ? pattern.replace("''", "'")
        : new MessageFormat(pattern, Locale.ROOT).format(text.arguments().toArray());
  }

  /// The sentence in the language of the installation.
  public String inDefaultLanguage(Text text) {
    return in(defaultLanguage, text);
  }

  /// The language to answer in.
  ///
  /// @param acceptLanguage the request's header: the first tag that is Spanish or English decides
  public String language(@Nullable String acceptLanguage) {
    if (acceptLanguage != null) {
      for (String range : acceptLanguage.split(",", 20)) {
        String tag = range.strip().toLowerCase(Locale.ROOT);
        if (tag.startsWith("es")) {
          return "es";
        }
        if (tag.startsWith("en")) {
          return "en";
        }
      }
    }
    return defaultLanguage;
  }

  private static Properties load(String language) {
    String name = "/messages_" + language + ".properties";
    try (InputStream in = Messages.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + name);
      }
      Properties properties = new Properties();
      properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
      return properties;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
