package io.vatio.protocol.mqtt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Finds who subscribed to what matches a topic, in time that depends on the depth of the topic and
/// not on the number of subscriptions.
///
/// Reading takes no lock and may miss a subscription that is being made at that moment; changes are
/// made one at a time.
///
/// @param <K> the subscriber
/// @param <V> what it asked for
final class SubscriptionTree<K, V> {
  private final Node<K, V> root = new Node<>();
  private final Lock changes = new ReentrantLock();
  private final AtomicLong version = new AtomicLong();

  /// Grows with every change, so that whoever remembers a result knows when to ask again.
  long version() {
    return version.get();
  }

  /// Enters a subscription; gives what the subscriber had asked for with the same filter before.
  @Nullable V put(String filter, K subscriber, V subscription) {
    changes.lock();
    try {
      Node<K, V> node = root;
      for (String level : Topics.levels(filter)) {
        node = node.children.computeIfAbsent(level, _ -> new Node<>());
      }
      V before = node.subscribers.put(subscriber, subscription);
      version.incrementAndGet();
      return before;
    } finally {
      changes.unlock();
    }
  }

  /// Takes a subscription out; gives what the subscriber had asked for, null for nothing.
  @Nullable V remove(String filter, K subscriber) {
    changes.lock();
    try {
      V removed = remove(root, Topics.levels(filter), 0, subscriber);
      version.incrementAndGet();
      return removed;
    } finally {
      changes.unlock();
    }
  }

  private @Nullable V remove(Node<K, V> node, String[] levels, int depth, K subscriber) {
    if (depth == levels.length) {
      return node.subscribers.remove(subscriber);
    }
    Node<K, V> child = node.children.get(levels[depth]);
    if (child == null) {
      return null;
    }
    V removed = remove(child, levels, depth + 1, subscriber);
    if (child.isEmpty()) {
      node.children.remove(levels[depth]);
    }
    return removed;
  }

  /// Gives every subscription that matches; a subscriber comes once for each of its filters.
  void match(String[] topic, BiConsumer<K, V> found) {
    boolean hidden = topic[0].startsWith("$");
    match(root, topic, 0, hidden, found);
  }

  private void match(
      Node<K, V> node, String[] topic, int depth, boolean hidden, BiConsumer<K, V> found) {
    boolean wildcards = !(hidden && depth == 0);
    if (wildcards) {
      Node<K, V> rest = node.children.get("#");
      if (rest != null) {
        rest.subscribers.forEach(found);
      }
    }
    if (depth == topic.length) {
      node.subscribers.forEach(found);
      return;
    }
    Node<K, V> exact = node.children.get(topic[depth]);
    if (exact != null) {
      match(exact, topic, depth + 1, hidden, found);
    }
    if (wildcards) {
      Node<K, V> one = node.children.get("+");
      if (one != null) {
        match(one, topic, depth + 1, hidden, found);
      }
    }
  }

  /// Whether nothing is left in it.
  boolean isEmpty() {
    return root.isEmpty();
  }

  private static final class Node<K, V> {
    final Map<String, Node<K, V>> children = new ConcurrentHashMap<>(4);
    final Map<K, V> subscribers = new ConcurrentHashMap<>(2);

    boolean isEmpty() {
      return children.isEmpty() && subscribers.isEmpty();
    }
  }
}
