package io.vatio;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The arrows between rooms: each may know the ones before it and none of the ones after it.
class ArchitectureTest {
  /// Lowest first. Rooms on one line do not know each other.
  private static final List<List<String>> FLOORS =
      List.of(
          List.of("kernel"),
          List.of("platform"),
          List.of("audit"),
          List.of("account", "site"),
          List.of("device"),
          List.of("sensor"),
          List.of("reading"),
          List.of("ingest"),
          List.of("energy", "wind", "alert", "dashboard", "backup"),
          List.of("messaging"),
          List.of("live", "protocol"),
          List.of("bench"),
          List.of("app"));

  private static JavaClasses program;

  @BeforeAll
  static void read() {
    program =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.vatio");
  }

  @Test
  void rooms_know_only_the_floors_below() {
    for (int floor = 0; floor < FLOORS.size(); floor++) {
      for (String room : FLOORS.get(floor)) {
        List<String> forbidden =
            FLOORS.subList(floor, FLOORS.size()).stream()
                .flatMap(List::stream)
                .filter(other -> !other.equals(room))
                .toList();
        noClasses()
            .that()
            .resideInAPackage("io.vatio." + room + "..")
            .should()
            .dependOnClassesThat(in(forbidden))
            .allowEmptyShould(true)
            .check(program);
      }
    }
  }

  @Test
  void every_room_stands_on_a_floor() {
    List<String> known = FLOORS.stream().flatMap(List::stream).toList();
    classes()
        .should()
        .resideInAnyPackage(
            known.stream().map(room -> "io.vatio." + room + "..").toArray(String[]::new))
        .check(program);
  }

  @Test
  void adapters_do_not_know_each_other() {
    List<String> adapters = List.of("mqtt", "gateway", "simulator");
    for (String adapter : adapters) {
      noClasses()
          .that()
          .resideInAPackage("io.vatio.protocol." + adapter + "..")
          .should()
          .dependOnClassesThat(
              in(
                  adapters.stream()
                      .filter(other -> !other.equals(adapter))
                      .map(other -> "protocol." + other)
                      .toList()))
          .allowEmptyShould(true)
          .check(program);
    }
  }

  @Test
  void the_kernel_knows_only_the_jdk() {
    classes()
        .that()
        .resideInAPackage("io.vatio.kernel..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("io.vatio.kernel..", "java..", "org.jspecify.annotations..")
        .check(program);
  }

  @Test
  void only_bench_and_settings_of_the_program_read_the_wall_clock() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "io.vatio.app..", "io.vatio.bench..", "io.vatio.protocol.simulator..")
        .should()
        .callMethod(java.time.Instant.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(java.time.Clock.class, "systemUTC")
        .check(program);
  }

  private static DescribedPredicate<JavaClass> in(List<String> rooms) {
    return DescribedPredicate.describe(
        "in " + rooms,
        type ->
            rooms.stream()
                .anyMatch(
                    room ->
                        type.getPackageName().equals("io.vatio." + room)
                            || type.getPackageName().startsWith("io.vatio." + room + ".")));
  }
}
