package io.vatio.protocol.mqtt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What one commit changes about sessions: the newest of each thing only. Under the lock of the
/// session store until its commit begins.
final class SessionBatch {
  final Map<Long, SessionRow> sessions = new LinkedHashMap<>();
  final Set<Long> ended = new HashSet<>();

  /// Empty for a subscription that is gone.
  final Map<SubscriptionKey, Optional<Subscription>> subscriptions = new LinkedHashMap<>();

  final Set<Delivery> queued = new LinkedHashSet<>();

  /// Values of the column `state`.
  final Map<Delivery, Integer> states = new HashMap<>();

  final Set<Delivery> done = new LinkedHashSet<>();
  final List<Long> doneMessages = new ArrayList<>();

  /// Whether the id is held, or not any more.
  final Map<PacketKey, Boolean> received = new LinkedHashMap<>();

  /// Completes on the writing thread after the commit.
  final CompletableFuture<Void> saved = new CompletableFuture<>();

  /// Whether somebody waits for it.
  boolean urgent;

  int size() {
    return sessions.size()
        + ended.size()
        + subscriptions.size()
        + queued.size()
        + states.size()
        + done.size()
        + received.size();
  }

  boolean isEmpty() {
    return size() == 0 && doneMessages.isEmpty();
  }

  /// Takes over what an earlier batch could not write, except where this one knows better.
  void addOlder(SessionBatch older) {
    older.sessions.forEach(
        (id, row) -> {
          if (!ended.contains(id)) {
            sessions.putIfAbsent(id, row);
          }
        });
    ended.addAll(older.ended);
    older.subscriptions.forEach(subscriptions::putIfAbsent);
    older.states.forEach(
        (delivery, state) -> {
          if (!done.contains(delivery)) {
            states.putIfAbsent(delivery, state);
          }
        });
    done.addAll(older.done);
    doneMessages.addAll(older.doneMessages);
    older.received.forEach(received::putIfAbsent);
  }

  /// A session as it stands in the database.
  ///
  /// @param goneAt milliseconds since 1970, null while the client is connected
  /// @param will as text, null for none
  record SessionRow(
      long id,
      Broker.Key key,
      long expirySeconds,
      @Nullable Long goneAt,
      @Nullable String will,
      long createdAt) {}

  record SubscriptionKey(long session, String filter) {}

  record PacketKey(long session, int packetId) {}
}
