package io.vatio.protocol.mqtt;

import io.vatio.account.AddressGroup;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/// Counts the connections of each address and lets no address have too many, or open them too fast.
/// Thread safe.
///
/// Remembers addresses with open connections, and as many others as [#REMEMBERED]; whoever is
/// forgotten begins anew with what it may save up.
final class AddressGate {
  static final int REMEMBERED = 10_000;

  private final DoorLimits limits;
  private final Map<String, Visits> visits = new LinkedHashMap<>(64, 0.75f, true);

  AddressGate(DoorLimits limits) {
    this.limits = limits;
  }

  /// A connection comes.
  ///
  /// @return false when it has to go again; then neither [#known] nor [#leave] follows
  synchronized boolean enter(String address, long nowNanos) {
    Visits visitor =
        visits.computeIfAbsent(
            AddressGroup.of(address),
            _ -> new Visits(new Bucket(limits.connectionsPerSecond(), limits.connections())));
    boolean admitted =
        visitor.open < limits.connections()
            && visitor.unknown < limits.unknown()
            && visitor.rate.take(1, nowNanos);
    if (admitted) {
      visitor.open++;
      visitor.unknown++;
    }
    forget();
    return admitted;
  }

  /// A connection has shown who it is.
  synchronized void known(String address) {
    Visits visitor = visits.get(AddressGroup.of(address));
    if (visitor != null) {
      visitor.unknown--;
    }
  }

  /// A connection that had shown who it is has gone.
  synchronized void leave(String address) {
    Visits visitor = visits.get(AddressGroup.of(address));
    if (visitor != null) {
      visitor.open--;
    }
  }

  synchronized int remembered() {
    return visits.size();
  }

  private void forget() {
    Iterator<Visits> oldest = visits.values().iterator();
    // The one that has just come is the newest, so this ends.
    for (int more = visits.size() - REMEMBERED; more > 0 && oldest.hasNext(); more--) {
      if (oldest.next().open == 0) {
        oldest.remove();
      }
    }
  }

  private static final class Visits {
    private final Bucket rate;
    private int open;
    private int unknown;

    Visits(Bucket rate) {
      this.rate = rate;
    }
  }
}
