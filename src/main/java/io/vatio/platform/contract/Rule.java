package io.vatio.platform.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Schema;
import io.vatio.kernel.Text;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One schema of the contract, prepared when it is first needed. Thread safe.
final class Rule {
  private final Supplier<Schema> prepare;
  private volatile @Nullable Schema schema;

  Rule(Supplier<Schema> prepare) {
    this.prepare = prepare;
  }

  /// What is wrong with a value, by field; empty for nothing.
  Map<String, List<Text>> faults(JsonNode value) {
    var errors = schema().validate(value);
    return errors.isEmpty() ? Map.of() : Sentences.of(errors);
  }

  private Schema schema() {
    Schema known = schema;
    if (known == null) {
      synchronized (this) {
        known = schema;
        if (known == null) {
          known = prepare.get();
          schema = known;
        }
      }
    }
    return known;
  }
}
