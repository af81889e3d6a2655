package io.vatio.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

/// JSON Web Tokens, signed with HMAC-SHA-256 and this server's key.
///
/// Only tokens with exactly the header that this class writes are looked at, so no token can choose
/// its algorithm. Takes microseconds and no input or output: fit for event loops. Thread safe.
public final class Tokens {
  static final Duration ACCESS_LIFE = Duration.ofMinutes(60);
  static final Duration REFRESH_LIFE = Duration.ofHours(24);
  static final Duration DEVICE_LIFE = Duration.ofHours(24);

  /// Ours have about 300.
  private static final int MAX_LENGTH = 1_000;

  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
  private static final String HEADER = encode("{\"alg\":\"HS256\",\"typ\":\"JWT\"}") + ".";

  private static final String VERSION = "version";

  private final byte[] key;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  Tokens(byte[] key, Clock clock) {
    this.key = key.clone();
    this.clock = clock;
  }

  /// A token for the requests of one person.
  String access(Account account) {
    return token(
        "access",
        newId(),
        clock.instant(),
        ACCESS_LIFE,
        Map.of("user_id", account.id(), VERSION, account.tokenVersion()));
  }

  /// A token that buys the next pair.
  String refresh(long accountId, String id, Instant issuedAt) {
    return token("refresh", id, issuedAt, REFRESH_LIFE, Map.of("user_id", accountId));
  }

  /// A token for one device.
  ///
  /// @param credential which credential of the device bought it; when that one goes, the token goes
  public Issued device(long deviceId, long credential) {
    Instant now = clock.instant();
    return new Issued(
        token(
            "device",
            newId(),
            now,
            DEVICE_LIFE,
            Map.of("device_id", deviceId, "credential", credential)),
        Instant.ofEpochSecond(now.plus(DEVICE_LIFE).getEpochSecond()));
  }

  /// What a token says, empty when it was not made here, was changed or has expired.
  Optional<Claims> read(String token) {
    int dot = token.lastIndexOf('.');
    if (token.length() > MAX_LENGTH || dot < HEADER.length() || !token.startsWith(HEADER)) {
      return Optional.empty();
    }
    try {
      byte[] signature = Base64.getUrlDecoder().decode(token.substring(dot + 1));
      if (!MessageDigest.isEqual(signature, sign(token.substring(0, dot)))) {
        return Optional.empty();
      }
      byte[] payload = Base64.getUrlDecoder().decode(token.substring(HEADER.length(), dot));
      return claims(Json.parse(payload));
    } catch (IllegalArgumentException | Json.MalformedJson _) {
      return Optional.empty();
    }
  }

  private Optional<Claims> claims(JsonNode claims) {
    if (clock.instant().getEpochSecond() >= claims.path("exp").asLong()) {
      return Optional.empty();
    }
    String id = claims.path("jti").asText();
    return switch (claims.path("token_type").asText()) {
      case "access" ->
          Optional.of(
              new AccessClaims(claims.path("user_id").asLong(), claims.path(VERSION).asLong()));
      case "refresh" -> Optional.of(new RefreshClaims(claims.path("user_id").asLong(), id));
      case "device" ->
          Optional.of(
              new DeviceClaims(
                  claims.path("device_id").asLong(), claims.path("credential").asLong()));
      default -> Optional.empty();
    };
  }

  String newId() {
    byte[] id = new byte[16];
    random.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private String token(
      String type, String id, Instant now, Duration life, Map<String, Long> numbers) {
    ObjectNode claims = Json.object();
    claims.put("token_type", type);
    claims.put("exp", now.plus(life).getEpochSecond());
    claims.put("iat", now.getEpochSecond());
    claims.put("jti", id);
    numbers.forEach(
        (name, number) -> {
          if (number != 0) {
            claims.put(name, number);
          }
        });
    String signed = HEADER + encode(Json.text(claims));
    return signed + "." + ENCODER.encodeToString(sign(signed));
  }

  private byte[] sign(String text) {
    return Secrets.hmac(key, text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String encode(String json) {
    return ENCODER.encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  /// A token and when it ends.
  public record Issued(String token, Instant expiresAt) {
    /// Without the token.
    @Override
    public String toString() {
      return "Issued[expiresAt=" + expiresAt + "]";
    }
  }

  /// What a genuine token says.
  sealed interface Claims {}

  /// @param version of the account's tokens when it was made; 0 when it does not say
  record AccessClaims(long accountId, long version) implements Claims {}

  record RefreshClaims(long accountId, String id) implements Claims {}

  /// @param credential as given to [Tokens#device]
  public record DeviceClaims(long deviceId, long credential) implements Claims {}
}
