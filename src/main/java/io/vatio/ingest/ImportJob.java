package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.time.Instant;

/// A file of readings on its way in.
///
/// @param options see [ImportOptions]
/// @param bytes of the file
/// @param bytesDone of them worked off
/// @param linesDone the same in lines
/// @param stored new readings
/// @param duplicates readings that were there already
/// @param rejected cells that were refused
/// @param errors the first of those, `{linea, columna, mensaje}`; treat as unmodifiable
record ImportJob(
    long id,
    String name,
    String author,
    State state,
    ImportOptions options,
    long bytes,
    long bytesDone,
    long linesDone,
    long stored,
    long duplicates,
    long rejected,
    ArrayNode errors,
    Instant createdAt,
    Instant updatedAt) {

  ImportJob with(
      State newState,
      long bytes,
      long lines,
      long newStored,
      long newDuplicates,
      long newRejected) {
    return new ImportJob(
        id,
        name,
        author,
        newState,
        options,
        this.bytes,
        bytes,
        lines,
        newStored,
        newDuplicates,
        newRejected,
        errors,
        createdAt,
        updatedAt);
  }

  /// Where it is.
  enum State {
    WAITING("en_cola"),
    RUNNING("en_curso"),
    DONE("terminada"),
    CANCELLED("cancelada"),
    FAILED("fallida");

    private final String code;

    State(String code) {
      this.code = code;
    }

    /// The wire word, and the one in the database.
    String code() {
      return code;
    }

    boolean isOver() {
      return this != WAITING && this != RUNNING;
    }

    static State of(String code) {
      for (State state : values()) {
        if (state.code.equals(code)) {
          return state;
        }
      }
      throw new IllegalStateException("import state " + code);
    }
  }
}
