package io.vatio.platform.http;

import io.vertx.core.http.HttpMethod;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Finds what stands at a path, in one step per part of it, however many routes there are. A last
/// slash makes no difference; a literal part comes before a parameter.
///
/// Filled before the first question, read by any thread afterwards.
///
/// @param <T> what stands at a method of a path
final class RouteTable<T> {
  private final Node<T> root = new Node<>();

  /// @param path parameters as `:name`
  /// @throws IllegalStateException when the same is there already
  void add(HttpMethod method, String path, T value) {
    Node<T> node = root;
    List<String> names = new ArrayList<>();
    for (String part : parts(path)) {
      if (part.startsWith(":")) {
        names.add(part.substring(1));
        if (node.parameter == null) {
          node.parameter = new Node<>();
        }
        node = node.parameter;
      } else {
        node = node.literals.computeIfAbsent(part, _ -> new Node<>());
      }
    }
    if (node.methods.putIfAbsent(method, new Place<>(value, List.copyOf(names))) != null) {
      throw new IllegalStateException("two routes for " + method + " " + path);
    }
  }

  /// What stands at a path, null for nothing.
  ///
  /// @throws IllegalArgumentException for an escape that is none
  @Nullable Found<T> find(String path) {
    List<String> parts = parts(path);
    String[] values = new String[parts.size()];
    Node<T> node = find(root, parts, 0, values, 0);
    return node == null ? null : new Found<>(node.methods, values);
  }

  private static <T> @Nullable Node<T> find(
      Node<T> node, List<String> parts, int at, String[] values, int given) {
    if (at == parts.size()) {
      return node.methods.isEmpty() ? null : node;
    }
    String part = parts.get(at);
    Node<T> literal = node.literals.get(part);
    if (literal != null) {
      Node<T> found = find(literal, parts, at + 1, values, given);
      if (found != null) {
        return found;
      }
    }
    if (node.parameter == null) {
      return null;
    }
    values[given] = part;
    return find(node.parameter, parts, at + 1, values, given + 1);
  }

  private static List<String> parts(String path) {
    List<String> parts = new ArrayList<>(8);
    int from = 1;
    while (from < path.length()) {
      int to = path.indexOf('/', from);
      int end = to < 0 ? path.length() : to;
      parts.add(path.substring(from, end));
      from = end + 1;
    }
    return parts;
  }

  /// All methods of one path.
  static final class Found<T> {
    private final Map<HttpMethod, Place<T>> methods;
    private final String[] values;

    private Found(Map<HttpMethod, Place<T>> methods, String[] values) {
      this.methods = methods;
      this.values = values;
    }

    /// What stands at a method, null for nothing.
    @Nullable T at(HttpMethod method) {
      Place<T> place = methods.get(method);
      return place == null ? null : place.value();
    }

    /// The methods, in the order they were added.
    List<HttpMethod> methods() {
      return List.copyOf(methods.keySet());
    }

    /// The parameters in the path, unescaped.
    Map<String, String> parameters(HttpMethod method) {
      Place<T> place = methods.get(method);
      if (place == null || place.names().isEmpty()) {
        return Map.of();
      }
      Map<String, String> parameters = new HashMap<>();
      for (int i = 0; i < place.names().size(); i++) {
        parameters.put(place.names().get(i), unescaped(values[i]));
      }
      return parameters;
    }

    private static String unescaped(String part) {
      // In a path a plus sign is itself.
      return part.indexOf('%') < 0
          ? part
          : URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
  }

  /// @param names of the parameters, in the order of the path
  private record Place<T>(T value, List<String> names) {}

  private static final class Node<T> {
    final Map<String, Node<T>> literals = new HashMap<>();
    final Map<HttpMethod, Place<T>> methods = new LinkedHashMap<>();
    @Nullable Node<T> parameter;
  }
}
