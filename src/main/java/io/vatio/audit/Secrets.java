package io.vatio.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vatio.platform.json.Json;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// Keeps secrets out of both logs: by the name of their field, and by what they look like wherever
/// they stand. When in doubt it masks: a log that shows too little is a nuisance, one that shows
/// too much a hole.
final class Secrets {
  /// What stands in place of a secret.
  static final String MASK = "********";

  private static final int LONG = 28;
  private static final int MAX_TEXT = 500;
  private static final int MAX_ITEMS = 50;
  private static final int MAX_DEPTH = 8;

  /// Whole words of a field's name, in English and Spanish.
  private static final Set<String> WORDS =
      Set.of(
          "pass",
          "pwd",
          "psw",
          "pw",
          "clave",
          "claves",
          "contrasena",
          "contrasenas",
          "contrasenia",
          "key",
          "keys",
          "code",
          "codes",
          "codigo",
          "codigos",
          "pin",
          "puk",
          "otp",
          "totp",
          "mfa",
          "jwt",
          "auth",
          "bearer",
          "cookie",
          "cookies",
          "session",
          "sesion",
          "salt",
          "sal",
          "signature",
          "firma",
          "nonce",
          "psk",
          "ssh",
          "pem",
          "csr",
          "seed",
          "semilla",
          "ticket",
          "authorization",
          "autorizacion",
          "access",
          "refresh",
          "llave",
          "llaves",
          "cipher");

  /// Parts of a name, for those written in one word.
  private static final Pattern PARTS =
      Pattern.compile(
          "passw|passphrase|passcode|contrasen|secret|token|hash|apikey|privatekey|accesskey"
              + "|secretkey|authkey|claimkey|joincode|setupcode|otpcode|pincode|verificationcode"
              + "|credential|credencial|apiclave|claveapi|digest|userpass|wpapsk|wifikey"
              + "|sessionid|mnemonic");

  /// Names in which such a word means nothing secret.
  private static final Set<String> HARMLESS = Set.of("status_code", "codigo_estado", "codigo_http");

  /// What a secret looks like: our own keys, JWT, password hashes, PEM, headers, and credentials in
  /// a URL.
  private static final Pattern LOOKS =
      Pattern.compile(
          "vatio_[A-Za-z0-9_-]{8,}"
              + "|eyJ[A-Za-z0-9_-]{5,}\\.[A-Za-z0-9_-]+"
              + "|\\$(?:argon2|2[abxy]|pbkdf2|scrypt|[156y])[a-z0-9_-]*\\$"
              + "|-----BEGIN "
              + "|(?i:\\b(?:bearer|basic)\\s+[A-Za-z0-9+/=._~-]{8,})"
              + "|[A-Za-z][A-Za-z0-9+.-]*://[^/\\s:@]*:[^/\\s@]+@"
              + "|(?i:\\b(?:password|passwd|pwd|secret|token|api[_-]?key|clave|contrase(?:ñ|n)a)"
              + "\\s*[=:]\\s*\\S)"
              + "|\\b(?:AKIA|ghp_|xox[abp]-|sk_live_|sk-)[A-Za-z0-9_-]{8,}");

  /// A run of characters that may be without a meaning.
  private static final Pattern RUN = Pattern.compile("[A-Za-z0-9+/_=-]{20,}");

  private static final Pattern HEX = Pattern.compile("[0-9a-fA-F]{32,}");

  private Secrets() {}

  /// Whether a field of this name may hold a secret.
  static boolean isSecretName(String name) {
    String spaced =
        Normalizer.normalize(name, Normalizer.Form.NFKD)
            .replaceAll("\\p{M}", "")
            .replaceAll("([a-z0-9])([A-Z])", "$1_$2")
            .toLowerCase(Locale.ROOT);
    if (HARMLESS.contains(spaced)) {
      return false;
    }
    for (String word : spaced.split("[^a-z]+")) {
      if (WORDS.contains(word)) {
        return true;
      }
    }
    return PARTS.matcher(spaced.replaceAll("[^a-z]", "")).find();
  }

  /// Whether a text is or holds something that looks like a secret.
  static boolean looksSecret(String text) {
    if (LOOKS.matcher(text).find()) {
      return true;
    }
    return RUN.matcher(text)
        .results()
        .map(run -> run.group())
        .anyMatch(run -> HEX.matcher(run).find() || isMixed(run) || isLong(run));
  }

  /// In what a machine made up of capitals, small letters and digits, they change places all the
  /// time; in words they do not. Serial numbers mostly have letters of one case only.
  private static boolean isMixed(String run) {
    return run.chars().anyMatch(Character::isUpperCase)
        && run.chars().anyMatch(Character::isLowerCase)
        && isRestless(run);
  }

  /// Longer than a serial number is.
  private static boolean isLong(String run) {
    return run.length() >= LONG && isRestless(run);
  }

  private static boolean isRestless(String run) {
    int changes = 0;
    boolean digits = false;
    int last = -1;
    for (int i = 0; i < run.length(); i++) {
      int kind = kind(run.charAt(i));
      digits |= kind == 0;
      changes += kind >= 0 && last >= 0 && kind != last ? 1 : 0;
      last = kind;
    }
    return digits && changes * 5 > run.length() * 2;
  }

  private static int kind(char c) {
    if (Character.isDigit(c)) {
      return 0;
    }
    return Character.isUpperCase(c) ? 1 : Character.isLetter(c) ? 2 : -1;
  }

  /// A text as it may be kept: cut to this length, masked when it looks like a secret, and without
  /// characters that a database refuses.
  static String text(String text, int length) {
    String clean = clean(text, length);
    return looksSecret(clean) ? MASK : clean;
  }

  /// A text cut to this length, without characters that a database refuses.
  static String clean(String text, int length) {
    StringBuilder clean = new StringBuilder(Math.min(text.length(), length));
    int most = Math.min(text.length(), length);
    for (int i = 0; i < most; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (i <= most) {
        boolean storable = c != 0 && Character.getType(c) != Character.SURROGATE;
        clean.appendCodePoint(storable ? c : '\uFFFD');
      }
    }
    return clean.toString();
  }

  /// The value of a field as it may be kept, to the innermost one.
  static JsonNode masked(String name, JsonNode value) {
    return masked(name, value, MAX_DEPTH);
  }

  private static JsonNode masked(String name, JsonNode value, int depth) {
    if (value.isNull() || value.isBoolean()) {
      return value;
    }
    if (isSecretName(name) || depth == 0) {
      return TextNode.valueOf(MASK);
    }
    return switch (value) {
      case ObjectNode object -> maskedObject(object, depth);
      case ArrayNode array -> maskedArray(name, array, depth);
      default -> value.isTextual() ? TextNode.valueOf(text(value.textValue(), MAX_TEXT)) : value;
    };
  }

  private static ObjectNode maskedObject(ObjectNode object, int depth) {
    ObjectNode masked = Json.object();
    int items = 0;
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (items++ == MAX_ITEMS) {
        masked.put("…", object.size() - MAX_ITEMS);
        break;
      }
      // A secret may stand in the place of a name too.
      masked.set(
          text(field.getKey(), MAX_TEXT), masked(field.getKey(), field.getValue(), depth - 1));
    }
    return masked;
  }

  private static ArrayNode maskedArray(String name, ArrayNode array, int depth) {
    ArrayNode masked = Json.array();
    for (JsonNode item : array) {
      if (masked.size() == MAX_ITEMS) {
        masked.add("… " + (array.size() - MAX_ITEMS));
        break;
      }
      masked.add(masked(name, item, depth - 1));
    }
    return masked;
  }
}
