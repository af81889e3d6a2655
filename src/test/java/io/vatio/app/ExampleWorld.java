package io.vatio.app;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.platform.json.Json;
import io.vatio.testing.ApiClient;
import io.vatio.testing.FixedClock;
import io.vatio.testing.TestServer;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/// A small installation in which the things exist that the examples of the contract speak of: at
/// least three of everything, so that the number 3 of the parameter `id` stands for one.
///
/// People: 1 is ana, the superuser; 2 and 5 are operators, 3, 4 and 6 may only look, 7 is an
/// externo.
final class ExampleWorld implements AutoCloseable {
  private static final String NOW = "2026-03-01T12:30:00Z";
  private static final int PEOPLE = 7;

  final ApiClient ana;
  private final Server server;
  private final Map<String, String> bodies = new HashMap<>();
  private final Map<String, Map<String, String>> places = new HashMap<>();

  private ExampleWorld(Server server) {
    this.server = server;
    String session = post(ApiClient.anonymous(url()), "/api/auth/login/", ana());
    this.ana = ApiClient.bearer(url(), Json.parse(session).path("access").asText());
  }

  static ExampleWorld open(Path folder) throws Exception {
    Map<String, String> settings =
        Map.of("VATIO_ADMIN_USER", "ana", "VATIO_ADMIN_PASSWORD", "una-clave-larga");
    // Once for the tables; people have to be there before the server reads them.
    start(folder, settings).close();
    addPeople(folder.resolve("data").resolve("vatio.db"));
    ExampleWorld world = new ExampleWorld(start(folder, settings));
    world.fill();
    return world;
  }

  private static Server start(Path folder, Map<String, String> settings) {
    return Server.start(
        SettingsReader.run(List.of(), TestServer.environment(folder, settings), folder),
        FixedClock.at(NOW));
  }

  String url() {
    return "http://127.0.0.1:" + server.httpPort();
  }

  /// What is sent instead of an example that no server can know, such as somebody's token.
  String body(String operation, String example) {
    return bodies.getOrDefault(operation, example);
  }

  /// The value of a parameter in a path, where it is another than the example.
  String place(String operation, String parameter, String example) {
    return places.getOrDefault(operation, Map.of()).getOrDefault(parameter, example);
  }

  private void fill() throws Exception {
    for (int i = 1; i <= 4; i++) {
      post(ana, "/api/sensors/", sensor("Sensor " + i));
      post(ana, "/api/devices/", device(i == 2 ? "ESP32-OFICINA-002" : "DEV-" + i));
      post(ana, "/api/sites/", Json.text(Map.of("nombre", "Sitio " + i)));
      post(
          ana,
          "/api/api-keys/",
          Json.text(Map.of("label", "k" + i, "permisos", List.of("ver_lecturas"))));
    }
    for (int sensor : new int[] {1, 2}) {
      post(ana, "/api/devices/1/assign-sensor/", Json.text(Map.of("sensor_id", sensor)));
    }
    post(ana, "/dispositivos", "{\"serial_number\":\"ESP32-HAB-001\",\"reclamado\":false}");
    for (int i = 1; i <= 4; i++) {
      post(
          ana,
          "/generador/",
          "{\"id\":%d,\"valor_produccion\":57.2,\"velocidad_viento\":10.1,\"direccion_viento\":\"NE\",\"temperatura\":3.5,\"timestamp\":\"2026-03-01T%s:00:00Z\"}"
              .formatted(1, i == 4 ? "12" : "0" + i));
      ana.send(
          "POST",
          "/api/imports/?nombre=" + i,
          "dispositivo,sensor,timestamp,valor\nS-1,potencia_w,2026-03-01T12:00:00Z,120.5\n",
          "text/csv");
    }
    for (int i = 1; i <= 3; i++) {
      post(
          ana,
          "/api/series/3/correcciones/",
          Json.text(
              Map.of("timestamp", "2026-03-01T0" + i + ":00:00Z", "valor", i, "motivo", "prueba")));
    }
    standIns();
  }

  private void standIns() throws GeneralSecurityException, IOException, OperatorCreationException {
    for (String operation : List.of("POST /api/auth/refresh", "POST /api/auth/logout")) {
      String session = post(ApiClient.anonymous(url()), "/api/auth/login/", ana());
      bodies.put(
          operation, Json.text(Map.of("refresh", Json.parse(session).path("refresh").asText())));
    }
    var made = Json.parse(post(ana, "/api/devices/4/credentials/", "")).path("mqtt");
    bodies.put(
        "POST /api/devices/token",
        Json.text(
            Map.of(
                "username", made.path("username").asText(),
                "password", made.path("password").asText())));
    bodies.put("POST /api/devices/{id}/certificate", Json.text(Map.of("csr", csr())));
    String certificate = post(ana, "/api/devices/4/certificate/", Json.text(Map.of("csr", csr())));
    places.put(
        "DELETE /api/devices/{id}/certificate/{fingerprint}",
        Map.of("id", "4", "fingerprint", Json.parse(certificate).path("fingerprint").asText()));
    // What the program brings along cannot be changed.
    String role = id("/api/roles/", "{\"nombre\":\"vigilante\",\"permisos_ids\":[6]}");
    String permission = id("/api/permisos/", "{\"nombre\":\"Podar\",\"codigo\":\"podar\"}");
    for (String method : List.of("PUT", "PATCH", "DELETE")) {
      places.put(method + " /api/roles/{id}", Map.of("id", role));
      places.put(method + " /api/permisos/{id}", Map.of("id", permission));
    }
    bodies.put("PUT /api/roles/{id}", "{\"nombre\":\"vigilante\",\"permisos_ids\":[6]}");
    bodies.put("PUT /api/permisos/{id}", "{\"nombre\":\"Podar\",\"codigo\":\"podar\"}");
    bodies.put("POST /api/auth/password/change", "{}");
    bodies.put(
        "POST /api/login/descifrarID",
        Json.text(
            Map.of(
                "encrypted_id", ana.json("/api/login/cifrarID/1/").path("encrypted_id").asText())));
    var reading = ana.json("/api/readings/3/");
    bodies.put(
        "PUT /api/readings/{id}",
        Json.text(
            Map.of(
                "dispositivo",
                reading.path("dispositivo").asLong(),
                "sensor",
                reading.path("sensor").asLong(),
                "valor",
                24.5)));
    // The same device under two paths can go once only.
    places.put("DELETE /dispositivos/{id}", Map.of("id", "2"));
  }

  /// Makes something, and tells its number.
  private String id(String path, String body) {
    return Json.parse(post(ana, path, body)).path("id").asText();
  }

  private static String ana() {
    return "{\"username\":\"ana\",\"password\":\"una-clave-larga\"}";
  }

  private static String sensor(String name) {
    return Json.text(
        Map.of(
            "nombre",
            name,
            "tipo",
            "temperatura",
            "unidad_medida",
            "°C",
            "rango_min",
            -40,
            "rango_max",
            80));
  }

  private static String device(String serial) {
    return Json.text(
        Map.of(
            "nombre", serial, "tipo", "esp32", "identificador_unico", serial, "ubicacion", "Sala"));
  }

  private static String post(ApiClient client, String path, String body) {
    var answer = client.post(path, body.isEmpty() ? null : body);
    assertTrue(answer.statusCode() < 300, path + ": " + answer.statusCode() + " " + answer.body());
    return answer.body();
  }

  private static String csr()
      throws GeneralSecurityException, IOException, OperatorCreationException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    KeyPair keys = generator.generateKeyPair();
    var request =
        new JcaPKCS10CertificationRequestBuilder(new X500Name("CN=x"), keys.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()));
    StringWriter text = new StringWriter();
    try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
      pem.writeObject(request);
    }
    return text.toString();
  }

  private static void addPeople(Path database) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        PreparedStatement insert =
            connection.prepareStatement(
                """
                INSERT INTO account (id, username, email, password_hash, first_name, last_name,
                  user_type, role_id, is_active, is_staff, is_superuser, created_at, updated_at)
                VALUES (?, ?, ?, NULL, 'Eva', 'Ruiz', ?, (SELECT id FROM role WHERE name = ?),
                  1, 0, 0, 0, 0)
                """)) {
      for (int id = 2; id <= PEOPLE; id++) {
        insert.setInt(1, id);
        insert.setString(2, "persona" + id);
        insert.setString(3, "persona" + id + "@example.com");
        insert.setString(4, id == PEOPLE ? "externo" : "interno");
        insert.setString(5, id == 2 || id == 5 ? "operador" : "solo_lectura");
        insert.executeUpdate();
      }
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
