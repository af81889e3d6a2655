package io.vatio.platform.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vatio.testing.Port;
import io.vertx.core.http.HttpMethod;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ListingTest {
  private static final Listing<Lamp> LISTING =
      new Listing<>(
          List.of(Lamp::name, Lamp::place),
          Map.of("nombre", Lamp::name, "vatios", Lamp::watts, "lugar", Lamp::place),
          "-vatios");

  private static final List<Lamp> LAMPS =
      List.of(
          new Lamp("Árbol", "Salón", 20),
          new Lamp("bombilla", "Cocina grande", 5),
          new Lamp("Cirio 100%", null, 1),
          new Lamp("ático", "salon", 20));

  private final Port port =
      new Port(
          api ->
              api.route(
                  HttpMethod.GET,
                  "/api/lamps",
                  Access.ANYONE,
                  r -> Reply.ok(LISTING.apply(r, LAMPS).stream().map(Lamp::name).toList())));

  @AfterEach
  void close() {
    port.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "SALON; Árbol,ático",
        "salón; Árbol,ático",
        "grande bomb; bombilla",
        "bomb salon; ''",
        "100%; Cirio 100%",
        "_; ''",
        "arbol, sal; Árbol",
      })
  void every_word_must_be_somewhere_whatever_its_case_and_accents(String search, String names)
      throws Exception {
    assertEquals(names, names("?search=" + encoded(search)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "''; Árbol,ático,bombilla,Cirio 100%",
        "vatios; Cirio 100%,bombilla,Árbol,ático",
        "nombre; Árbol,ático,bombilla,Cirio 100%",
        "-nombre; Cirio 100%,bombilla,ático,Árbol",
        "-vatios,-nombre; ático,Árbol,bombilla,Cirio 100%",
        "lugar; bombilla,Árbol,ático,Cirio 100%",
        "-lugar; Cirio 100%,Árbol,ático,bombilla",
        "password; Árbol,ático,bombilla,Cirio 100%",
        "password,nombre; Árbol,ático,bombilla,Cirio 100%",
        "--nombre; Árbol,ático,bombilla,Cirio 100%",
      })
  void orders_by_names_that_it_knows_and_leaves_out_the_others(String ordering, String names)
      throws Exception {
    assertEquals(names, names("?ordering=" + encoded(ordering)));
  }

  @Test
  void a_search_without_end_is_refused_by_name() throws Exception {
    Port.Answer answer = port.get("/api/lamps?search=" + "a".repeat(201), "viewer");

    assertEquals(400, answer.status());
    assertTrue(answer.json().has("search"), answer.body());
  }

  private String names(String query) throws Exception {
    return String.join(
        ",",
        port.get("/api/lamps" + query, "viewer")
            .json()
            .valueStream()
            .map(n -> n.asText())
            .toList());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private record Lamp(String name, @Nullable String place, int watts) {}
}
