package io.vatio.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
  private static final String SECRET = "s3cr3t-valor";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "password",
        "Password",
        "PASSWORD_HASH",
        "userPassword",
        "new_password1",
        "wifi-password",
        "passwd",
        "pwd",
        "contraseña",
        "CONTRASENA",
        "contraseñaNueva",
        "clave",
        "clave_api",
        "claveWifi",
        "token",
        "accessToken",
        "refresh",
        "access",
        "csrf_token",
        "secret",
        "client_secret",
        "secreto",
        "hash",
        "password.hash",
        "apiKey",
        "api_key",
        "APIKEY",
        "key",
        "private-key",
        "claim_key",
        "joinCode",
        "code",
        "codigo",
        "código",
        "verification_code",
        "pin",
        "otp",
        "credential",
        "credenciales",
        "Authorization",
        "cookie",
        "jwt",
        "ticket",
        "psk",
        "wpaPsk",
        "firma",
        "ｐassword",
        "pass\u00ADword"
      })
  void a_field_of_this_name_is_masked_wherever_it_stands(String name) {
    ObjectNode before = Json.object();
    ObjectNode after = Json.object();
    after.put(name, SECRET);
    after.putObject("configuracion").putObject("red").put(name, SECRET);
    after.putArray("lista").addObject().putArray(name).add(SECRET).add(4711);
    before.putObject("configuracion").putObject("red").put(name, "viejo-" + SECRET);

    ObjectNode changes = AuditLog.differences(before, after);

    assertFalse(changes.toString().contains(SECRET), changes.toString());
    assertFalse(changes.toString().contains("4711"), changes.toString());
    ObjectNode given = Json.object();
    given.putObject(name).put("old", SECRET).putArray("new").addObject().put("x", SECRET);
    given.put("note." + name, SECRET);
    assertFalse(AuditLog.kept(given).contains(SECRET), AuditLog.kept(given));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vatio_8f2k3j4h5g6f7d8s9a",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
        "$2b$12$abcdefghijklmnopqrstuv",
        "-----BEGIN PRIVATE KEY-----",
        "Bearer abcdefgh12345",
        "basic YWRtaW46YWRtaW4xMjM=",
        "mqtts://vatio:hunter2@broker:8883",
        "password=hunter2",
        "la clave: hunter2",
        "token=abc",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "kJ8sD0fQ2mZx7Lr9TbW4",
        "JBSWY3DP2EHPK3PXP7A4Q6TZ5RB2K7MN",
        "https://x.example/?api_key=12345",
        "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
      })
  void what_looks_like_a_secret_is_masked_under_any_name(String value) {
    ObjectNode after = Json.object();
    after.put("nombre", value);
    after.putObject("parametros").putArray("lista").add("texto " + value);
    after.putObject("mapa").put(value, 1);
    after.put(value, "x");

    String kept = AuditLog.kept(AuditLog.differences(Json.object(), after));

    assertFalse(kept.contains(value), kept);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Raspberry Pi 4 - Sensor Hub",
        "Raspberry_Pi_4_Sensor_Hub_Madrid",
        "medidor-principal-planta-3-norte",
        "TMP0603IF1WD",
        "ESP32-A4CF12B3D4E5F6",
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)",
        "ana@example.org",
        "2026-03-01T19:30:00Z",
        "https://vatio.example.org/devices/5/",
        "desconectado"
      })
  void what_is_no_secret_stays_readable(String value) {
    assertEquals(value, Secrets.text(value, 300));
    assertFalse(Secrets.isSecretName("estado"));
    assertFalse(Secrets.isSecretName("identificador_unico"));
    assertFalse(Secrets.isSecretName("status_code"));
  }

  @Test
  void objects_are_compared_field_by_field() {
    ObjectNode before = Json.object().put("estado", "activo");
    before.putObject("configuracion").put("intervalo", 60).put("modo", "manual");
    ObjectNode after = before.deepCopy();
    after.withObject("configuracion").put("intervalo", 30);
    after.putObject("nuevo").put("a", 1);

    assertEquals(
        "{\"configuracion.intervalo\":{\"old\":60,\"new\":30},\"nuevo\":{\"old\":null,\"new\":{\"a\":1}}}",
        AuditLog.differences(before, after).toString());
  }

  @Test
  void a_line_stays_small_and_storable() {
    ObjectNode after = Json.object();
    for (int i = 0; i < 5_000; i++) {
      after.put("campo" + i, "x".repeat(100) + i);
    }
    after.put("roto", "a\0b\uD800");
    ObjectNode deep = after;
    for (int i = 0; i < 60; i++) {
      deep = deep.putObject("n");
    }
    deep.put("hoja", "valor");

    String kept = AuditLog.kept(AuditLog.differences(Json.object(), after));

    assertTrue(kept.length() <= 16_384, "length " + kept.length());
    assertFalse(kept.contains("\0"));
  }
}
