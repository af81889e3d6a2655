package io.vatio.wind;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// The history of each turbine that reported lately, at most [#TURBINES] of them: whoever was
/// silent
/// longest is forgotten first and starts anew. Thread safe.
final class TurbineHistories {
  static final int TURBINES = 10_000;

  private final Map<Integer, QualityRules.History> byId =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, QualityRules.History> eldest) {
          return size() > TURBINES;
        }
      };

  /// Judges a record and remembers it.
  synchronized int judge(
      QualityRules rules, GeneratorRecord record, Instant at, QualityRules.Limits limits) {
    QualityRules.Verdict verdict = rules.judge(record, at, limits, byId.get(record.id()));
    byId.put(record.id(), verdict.history());
    return verdict.quality();
  }

  /// Judges a record that may turn out not to be this turbine's, and forgets it.
  synchronized int judgeStranger(
      QualityRules rules, GeneratorRecord record, Instant at, QualityRules.Limits limits) {
    return rules.judge(record, at, limits, byId.get(record.id())).quality();
  }

  /// Sets the history of a turbine, from its stored records.
  synchronized void restore(int id, QualityRules.History history) {
    byId.put(id, history);
  }
}
