package io.vatio.device;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.platform.json.Json;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DispositivoModeTest {

  @ParameterizedTest(
      name = "{0}: encendido {1}, configuracion.encendido {2}, estado {3}, is {4} -> {5}")
  @CsvSource(
      textBlock =
          """
          # mode, encendido, configured, estado, present, ruled
          manual,  true,  false, false, false, true
          manual,  false, true,  true,  true,  false
          manual,       , true,  false, false, true
          manual,       , false, true,  true,  false
          manual,       ,      , true,  false, true
          manual,       ,      , false, true,  false
          manual,       ,      ,      , true,
          manual,       ,      ,      ,      ,
          horario, true,  true,  false, true,  false
          horario, false, false, true,  false, true
          horario, true,  false,      , false, true
          horario, false, true,       , true,  false
          horario,      , true,       , false, false
          horario,      , false,      , true,  true
          horario,      ,      ,      , true,  true
          horario,      , true,       ,      , true
          horario,      ,      ,      ,      ,
          ,        true,  true,  false, true,  false
          ,        true,  false,      , false, true
          ,             , true,       , false, true
          ,             , false,      , true,  false
          ,             ,      ,      , true,
          remoto,       , true,  false, true,  false
          """)
  void the_first_word_of_the_mode_rules(
      String mode, Boolean on, Boolean configured, Boolean state, Boolean present, Boolean ruled) {
    ObjectNode configuration = Json.object();
    if (mode != null) {
      configuration.put("modo", mode);
    }

    Optional<Boolean> result =
        DispositivoMode.of(configuration)
            .rule(new DispositivoMode.Said(on, configured, state, present));

    assertEquals(Optional.ofNullable(ruled), result);
  }

  @Test
  void modes_and_states_are_known_however_they_are_written() {
    assertEquals(DispositivoMode.MANUAL, DispositivoMode.of(Json.object().put("modo", " Manual ")));
    assertEquals(
        DispositivoMode.SCHEDULE, DispositivoMode.of(Json.object().put("modo", "HORARIO")));
    assertEquals(DispositivoMode.OTHER, DispositivoMode.of(Json.object().put("modo", 1)));
    assertEquals(Optional.of(true), DispositivoMode.switched(" On "));
    assertEquals(Optional.of(true), DispositivoMode.switched("1"));
    assertEquals(Optional.of(false), DispositivoMode.switched("INACTIVO"));
    assertEquals(Optional.empty(), DispositivoMode.switched("abriendo"));
  }
}
