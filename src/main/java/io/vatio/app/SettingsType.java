package io.vatio.app;

import io.vatio.platform.http.Cidr;
import io.vatio.platform.mail.SmtpMailer;
import io.vatio.platform.mail.SmtpUrl;
import io.vatio.protocol.gateway.BrokerUrl;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;

/// What a setting's text may be, and how it becomes a value.
///
/// @param name for the table in the documentation
/// @param reader throws [IllegalArgumentException] whose message goes on from "must be …"; it never
///     repeats the text, which may be a secret
record SettingsType<T>(String name, Function<String, T> reader) {
  private static final Set<String> YES = Set.of("true", "yes", "on", "1");
  private static final Set<String> NO = Set.of("false", "no", "off", "0");

  static final SettingsType<Boolean> SWITCH =
      new SettingsType<>(
          "true or false",
          text -> {
            String word = text.toLowerCase(Locale.ROOT);
            require(YES.contains(word) || NO.contains(word), "true or false");
            return YES.contains(word);
          });

  static final SettingsType<Path> PATH =
      new SettingsType<>(
          "path",
          text -> {
            try {
              return Path.of(text);
            } catch (InvalidPathException _) {
              throw new IllegalArgumentException("a path");
            }
          });

  static final SettingsType<String> HOST =
      new SettingsType<>(
          "address or host name",
          text -> {
            require(
                text.matches("[A-Za-z0-9._:%-]+"), "an address such as 0.0.0.0, or a host name");
            return text;
          });

  static final SettingsType<Integer> PORT = wholeNumber("port", 0, 65_535);

  static final SettingsType<List<Cidr>> NETWORKS =
      new SettingsType<>(
          "list of networks",
          text ->
              Arrays.stream(text.split("[,\\s]+"))
                  .filter(part -> !part.isEmpty())
                  .map(SettingsType::network)
                  .toList());

  static final SettingsType<String> WEB_ADDRESS =
      new SettingsType<>(
          "URL",
          text -> {
            String hint = "a URL such as https://vatio.example.org";
            URI uri = uri(text, hint);
            require(Set.of("http", "https").contains(String.valueOf(uri.getScheme())), hint);
            require(uri.getHost() != null && uri.getQuery() == null, hint);
            return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
          });

  static final SettingsType<String> DATABASE =
      new SettingsType<>(
          "URL",
          text -> {
            String hint =
                "postgresql://user:password@host:port/database, special characters in it percent-encoded";
            URI uri = uri(text, hint);
            require(
                Set.of("postgresql", "postgres").contains(String.valueOf(uri.getScheme())), hint);
            require(uri.getHost() != null && String.valueOf(uri.getPath()).length() > 1, hint);
            return text;
          });

  static final SettingsType<BrokerUrl> BROKER = new SettingsType<>("URL", BrokerUrl::parse);

  static final SettingsType<SmtpUrl> SMTP = new SettingsType<>("URL", SmtpUrl::parse);

  static final SettingsType<String> MAIL_ADDRESS =
      new SettingsType<>("e-mail address", SmtpMailer::sender);

  static final SettingsType<ZoneId> ZONE =
      new SettingsType<>(
          "time zone",
          text -> {
            try {
              return ZoneId.of(text);
            } catch (DateTimeException _) {
              throw new IllegalArgumentException("a time zone such as Europe/Madrid");
            }
          });

  static final SettingsType<String> CURRENCY =
      new SettingsType<>(
          "ISO 4217 code",
          text -> {
            try {
              return Currency.getInstance(text).getCurrencyCode();
            } catch (IllegalArgumentException _) {
              throw new IllegalArgumentException("a currency code such as EUR");
            }
          });

  /// A whole number within bounds.
  static SettingsType<Integer> wholeNumber(String name, int min, int max) {
    return new SettingsType<>(
        "%s, %d to %d".formatted(name, min, max),
        text -> {
          String hint = "a whole number from %d to %d".formatted(min, max);
          try {
            int value = Integer.parseInt(text);
            require(value >= min && value <= max, hint);
            return value;
          } catch (NumberFormatException _) {
            throw new IllegalArgumentException(hint);
          }
        });
  }

  /// One of a few words.
  static SettingsType<String> oneOf(String... words) {
    List<String> allowed = List.of(words);
    String hint = String.join(" or ", allowed);
    return new SettingsType<>(
        hint,
        text -> {
          require(allowed.contains(text), hint);
          return text;
        });
  }

  /// A text of a form.
  ///
  /// @param hint goes on from "must be …"
  static SettingsType<String> text(String regex, String hint) {
    return new SettingsType<>(
        "text",
        text -> {
          require(text.matches(regex), hint);
          return text;
        });
  }

  T read(String text) {
    return reader.apply(text);
  }

  private static Cidr network(String text) {
    try {
      return Cidr.parse(text);
    } catch (IllegalArgumentException _) {
      throw new IllegalArgumentException("networks such as 192.168.1.0/24, fd00::/8");
    }
  }

  private static URI uri(String text, String hint) {
    try {
      return new URI(text);
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException(hint);
    }
  }

  private static void require(boolean holds, String hint) {
    if (!holds) {
      throw new IllegalArgumentException(hint);
    }
  }
}
