package io.vatio.platform.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContractTest {
  private static final Messages MESSAGES = new Messages("es");
  private static Contract contract;

  @BeforeAll
  static void read() throws IOException {
    contract =
        Contract.of(
            new YAMLMapper()
                .readTree(
                    """
                    openapi: 3.1.0
                    paths:
                      /api/things/{id}/:
                        parameters:
                          - {name: id, in: path, required: true, schema: {type: integer}}
                        get:
                          parameters:
                            - {name: page, in: query, schema: {type: integer, minimum: 1, maximum: 9}}
                            - {name: size, in: query, schema: {type: integer, minimum: 1}}
                            - {name: tipo, in: query, schema: {type: string, enum: [luz, gas]}}
                            - {name: activo, in: query, schema: {type: boolean}}
                            - {name: valor, in: query, schema: {type: number}}
                            - {name: sensor, in: query, required: true, schema: {type: array, items: {type: integer}}}
                        put:
                          requestBody: {$ref: '#/components/requestBodies/Thing'}
                        post:
                          x-validacion: manual
                          requestBody: {$ref: '#/components/requestBodies/Thing'}
                    components:
                      requestBodies:
                        Thing:
                          required: true
                          content:
                            application/json:
                              schema: {$ref: '#/components/schemas/Thing'}
                      schemas:
                        Thing:
                          type: object
                          required: [nombre, tipo]
                          properties:
                            nombre: {type: string, minLength: 1, maxLength: 5}
                            tipo: {type: string, enum: [luz, gas]}
                            rango: {type: number, minimum: -5, maximum: 5}
                            veces: {type: integer}
                            activo: {type: boolean}
                            codigos: {type: array, minItems: 1, maxItems: 2, items: {type: string, enum: [a, b]}}
                            reglas: {type: array, items: {type: object, required: [dias], properties: {dias: {type: [integer, 'null']}}}}
                            ajustes: {type: object}
                            quien: {oneOf: [{type: integer}, {type: string}]}
                    """));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          {"nombre":"a","tipo":"luz"}              | {}
          {}                                       | {"nombre":["Este campo es requerido."],"tipo":["Este campo es requerido."]}
          {"nombre":"","tipo":"x"}                 | {"nombre":["Este campo no puede estar en blanco."],"tipo":["\\"x\\" no es una elección válida."]}
          {"nombre":"aaaaaa","tipo":"gas"}         | {"nombre":["Debe tener 5 caracteres como máximo."]}
          {"nombre":null,"tipo":5}                 | {"nombre":["Este campo no puede ser nulo."],"tipo":["Debe ser una cadena de texto."]}
          {"nombre":"a","tipo":"gas","rango":"x"}  | {"rango":["Se requiere un número válido."]}
          {"nombre":"a","tipo":"gas","rango":9}    | {"rango":["Debe ser 5 como máximo."]}
          {"nombre":"a","tipo":"gas","rango":-9}   | {"rango":["Debe ser -5 como mínimo."]}
          {"nombre":"a","tipo":"gas","veces":1.5}  | {"veces":["Se requiere un número entero válido."]}
          {"nombre":"a","tipo":"gas","activo":"x"} | {"activo":["Debe ser true o false."]}
          {"nombre":"a","tipo":"gas","codigos":{}} | {"codigos":["Se esperaba una lista, pero es un dict."]}
          {"nombre":"a","tipo":"gas","codigos":[]} | {"codigos":["Esta lista no puede estar vacía."]}
          {"nombre":"a","tipo":"gas","codigos":["a","c"]} | {"codigos":["\\"c\\" no es una elección válida."]}
          {"nombre":"a","tipo":"gas","codigos":["a","a","a"]} | {"codigos":["Debe ser una lista de 2 elementos como máximo."]}
          {"nombre":"a","tipo":"gas","reglas":[{"dias":1},{}]} | {"reglas[1].dias":["Este campo es requerido."]}
          {"nombre":"a","tipo":"gas","reglas":[{"dias":"x"},5]} | {"reglas[0].dias":["Se requiere un número entero válido."],"reglas":["Datos inválidos. Se esperaba un diccionario pero es un int."]}
          {"nombre":"a","tipo":"gas","ajustes":[]} | {"ajustes":["Datos inválidos. Se esperaba un diccionario pero es un list."]}
          {"nombre":"a","tipo":"gas","quien":true} | {"quien":["Este valor no es válido."]}
          []                                       | {"non_field_errors":["Datos inválidos. Se esperaba un diccionario pero es un list."]}
          """)
  void says_everything_that_is_wrong_with_a_body_by_field(String body, String sentences) {
    assertEquals(Json.parse(sentences), said(operation("PUT").bodyFaults(Json.parse(body))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          sensor=1                         | {}
          sensor=1,2&sensor=3&page=        | {}
          ~~                               | {"sensor":["Este campo es requerido."]}
          sensor=1,x                       | {"sensor":["Se requiere un número entero válido."]}
          sensor=1&page=0                  | {"page":["Se requiere un número entero entre 1 y 9."]}
          sensor=1&page=x                  | {"page":["Se requiere un número entero entre 1 y 9."]}
          sensor=1&page=99999999999999999999 | {"page":["Se requiere un número entero entre 1 y 9."]}
          sensor=1&size=0                  | {"size":["Debe ser 1 como mínimo."]}
          sensor=1&tipo=x&activo=2&valor=NaN | {"tipo":["\\"x\\" no es una elección válida."],"activo":["Debe ser true o false."],"valor":["Se requiere un número válido."]}
          sensor=1&otro=x                  | {}
          """)
  void says_everything_that_is_wrong_with_a_query_by_parameter(String query, String sentences) {
    Map<String, List<String>> values =
        Arrays.stream((query == null ? "" : query).split("&"))
            .map(pair -> pair.split("=", -1))
            .filter(pair -> pair.length == 2)
            .collect(
                Collectors.groupingBy(
                    pair -> pair[0], Collectors.mapping(pair -> pair[1], Collectors.toList())));

    assertEquals(
        Json.parse(sentences),
        said(operation("GET").queryFaults(name -> values.getOrDefault(name, List.of()))));
  }

  @Test
  void a_path_fits_or_does_not() {
    assertTrue(operation("GET").fits(Map.of("id", "5")));
    assertFalse(operation("GET").fits(Map.of("id", "x")));
  }

  @ParameterizedTest
  @CsvSource({
    "application/json, true", "Application/JSON; charset=utf-8, true",
    "application/merge-patch+json, true", "text/plain, false",
    "application/x-www-form-urlencoded, false", ", true"
  })
  void knows_which_types_a_body_may_have(String type, boolean fine) {
    assertEquals(fine, operation("PUT").accepts(type));
    assertTrue(operation("GET").accepts(type));
  }

  @Test
  void tells_what_is_checked_by_hand_and_what_it_does_not_know() {
    assertTrue(operation("POST").isManual());
    assertFalse(operation("PUT").isManual());
    assertNull(contract.find("PATCH", "/api/things/:id"));
  }

  @Test
  void a_hostile_value_is_shown_short() {
    Text text =
        operation("PUT")
            .bodyFaults(Json.parse("{\"nombre\":\"a\",\"tipo\":\"" + "x".repeat(5_000) + "\"}"))
            .get("tipo")
            .getFirst();

    assertTrue(MESSAGES.in("es", text).length() < 200);
  }

  private static Operation operation(String method) {
    return Objects.requireNonNull(assertThere(contract.find(method, "/api/things/:id")));
  }

  private static Operation assertThere(Operation operation) {
    assertNotNull(operation);
    return operation;
  }

  private static JsonNode said(Map<String, List<Text>> faults) {
    return Json.tree(
        faults.entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    fault -> fault.getValue().stream().map(t -> MESSAGES.in("es", t)).toList())));
  }
}
