package io.vatio.reading;

import java.time.ZoneId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/// By which clock the hours and days of each series on the disk were added up. One mark says it for
/// nearly all of them, the others have one each.
final class RollupZones {
  private static final String USUAL = "rollup_zone:";

  /// Prefix of the marks of series that follow another clock than the usual one, as `series:zone`.
  private static final String OTHER = "rollup_other_zone:";

  private final RollupStore store;
  private final IntFunction<ZoneId> zones;

  RollupZones(RollupStore store, IntFunction<ZoneId> zones) {
    this.store = store;
    this.zones = zones;
  }

  /// The series whose hours on the disk follow another clock than they should.
  Set<Integer> moved(Collection<Integer> seriesIds) {
    String usual = usual();
    Map<Integer, String> others = others();
    Set<Integer> moved = new HashSet<>();
    for (Integer id : seriesIds) {
      if (!others.getOrDefault(id, usual).equals(zones.apply(id).getId())) {
        moved.add(id);
      }
    }
    return moved;
  }

  /// Notes for good which clock series follow now; what was dirty by the other one is forgotten.
  ///
  /// @param mark prefix of one more mark for each, saved in the same transaction
  void save(Set<Integer> moved, String mark) {
    String usual = usual();
    Map<Integer, String> others = others();
    store
        .database()
        .write(
            handle -> {
              for (Integer id : moved) {
                String zone = zones.apply(id).getId();
                String before = others.get(id);
                if (before != null) {
                  store.deleteMark(handle, OTHER + id + ":" + before);
                }
                if (!zone.equals(usual)) {
                  store.saveMark(handle, OTHER + id + ":" + zone, 1);
                }
                store.saveMark(handle, mark + id, 1);
                store.deleteDirty(handle, id);
              }
              return true;
            });
  }

  /// The clock of all that have no mark of their own; at the very first start the one of what is
  /// still to come.
  private String usual() {
    return store.names(USUAL).stream()
        .findFirst()
        .orElseGet(
            () -> {
              String first = zones.apply(0).getId();
              store
                  .database()
                  .write(
                      handle -> {
                        store.saveMark(handle, USUAL + first, 1);
                        return true;
                      });
              return first;
            });
  }

  private Map<Integer, String> others() {
    Map<Integer, String> others = new HashMap<>();
    for (String name : store.names(OTHER)) {
      int colon = name.indexOf(':');
      others.put(Integer.parseInt(name.substring(0, colon)), name.substring(colon + 1));
    }
    return others;
  }
}
