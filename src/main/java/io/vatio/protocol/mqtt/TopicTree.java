package io.vatio.protocol.mqtt;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Holds one value a topic and finds those that a filter matches without looking at all of them.
/// Reading takes no lock; changes are made one at a time.
final class TopicTree<V> {
  private final Node<V> root = new Node<>();
  private final Lock changes = new ReentrantLock();

  /// Sets a topic's value; gives the one before, null for none.
  @Nullable V put(String topic, V value) {
    changes.lock();
    try {
      Node<V> node = root;
      for (String level : Topics.levels(topic)) {
        node = node.children.computeIfAbsent(level, _ -> new Node<>());
      }
      V before = node.value;
      node.value = value;
      return before;
    } finally {
      changes.unlock();
    }
  }

  /// Removes a topic's value; gives it, null for none.
  @Nullable V remove(String topic) {
    changes.lock();
    try {
      return remove(root, Topics.levels(topic), 0);
    } finally {
      changes.unlock();
    }
  }

  @Nullable V find(String topic) {
    Node<V> node = root;
    for (String level : Topics.levels(topic)) {
      node = node.children.get(level);
      if (node == null) {
        return null;
      }
    }
    return node.value;
  }

  private @Nullable V remove(Node<V> node, String[] levels, int depth) {
    if (depth == levels.length) {
      V before = node.value;
      node.value = null;
      return before;
    }
    Node<V> child = node.children.get(levels[depth]);
    if (child == null) {
      return null;
    }
    V before = remove(child, levels, depth + 1);
    if (child.value == null && child.children.isEmpty()) {
      node.children.remove(levels[depth]);
    }
    return before;
  }

  /// Gives every value whose topic the filter matches.
  void match(String[] filter, Consumer<V> found) {
    match(root, filter, 0, found);
  }

  private void match(Node<V> node, String[] filter, int depth, Consumer<V> found) {
    if (depth == filter.length) {
      give(node, found);
      return;
    }
    switch (filter[depth]) {
      case "#" -> all(node, depth == 0, found);
      case "+" ->
          node.children.forEach(
              (level, child) -> {
                if (depth > 0 || !level.startsWith("$")) {
                  match(child, filter, depth + 1, found);
                }
              });
      default -> {
        Node<V> child = node.children.get(filter[depth]);
        if (child != null) {
          match(child, filter, depth + 1, found);
        }
      }
    }
  }

  private static <V> void all(Node<V> node, boolean atTheRoot, Consumer<V> found) {
    give(node, found);
    node.children.forEach(
        (level, child) -> {
          if (!atTheRoot || !level.startsWith("$")) {
            all(child, false, found);
          }
        });
  }

  private static <V> void give(Node<V> node, Consumer<V> found) {
    V value = node.value;
    if (value != null) {
      found.accept(value);
    }
  }

  private static final class Node<V> {
    final Map<String, Node<V>> children = new ConcurrentHashMap<>(4);
    volatile @Nullable V value;
  }
}
