package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// The rules of filters and the two trees, against the plain definition over a small world: every
/// topic of up to four levels made of three words.
class TopicsProperties {
  private static final List<String> WORLD = world();

  private static List<String> world() {
    List<String> all = new ArrayList<>(List.of("a", "b", "$c"));
    List<String> longest = List.copyOf(all);
    for (int depth = 2; depth <= 4; depth++) {
      List<String> next = new ArrayList<>();
      for (String head : longest) {
        for (String word : List.of("a", "b", "$c")) {
          next.add(head + "/" + word);
        }
      }
      all.addAll(next);
      longest = next;
    }
    return all;
  }

  @Provide
  Arbitrary<String> filter() {
    return Arbitraries.of("a", "b", "$c", "+")
        .list()
        .ofMaxSize(3)
        .flatMap(
            levels ->
                Arbitraries.of(false, true)
                    .map(
                        rest -> {
                          List<String> all = new ArrayList<>(levels);
                          if (rest || levels.isEmpty()) {
                            all.add("#");
                          }
                          return String.join("/", all);
                        }));
  }

  @Provide
  Arbitrary<String> topic() {
    return Arbitraries.of(WORLD);
  }

  private static Set<String> matched(String filter) {
    Set<String> matched = new HashSet<>();
    for (String topic : WORLD) {
      if (matches(filter, topic)) {
        matched.add(topic);
      }
    }
    return matched;
  }

  /// The definition, by regular expression.
  private static boolean matches(String filter, String topic) {
    if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) {
      return false;
    }
    String pattern =
        filter.equals("#")
            ? ".*"
            : filter.replace("$", "\\$").replace("+", "[^/]*").replaceAll("/#$", "(/.*)?");
    return topic.matches(pattern);
  }

  @Property
  void a_filter_matches_what_the_standard_says(
      @ForAll("filter") String filter, @ForAll("topic") String topic) {
    assertEquals(
        matches(filter, topic), Topics.matches(Topics.levels(filter), Topics.levels(topic)));
  }

  @Property
  void covering_means_that_nothing_is_matched_in_addition(
      @ForAll("filter") String wide, @ForAll("filter") String narrow) {
    boolean covers = Topics.covers(Topics.levels(wide), Topics.levels(narrow));
    boolean contains = matched(wide).containsAll(matched(narrow));
    if (covers) {
      assertTrue(contains, wide + " covers " + narrow);
    }
    // The world is small: "+/a" beside "#" matches the same in it. Only a filter that ends in the
    // middle of the world proves the opposite.
    if (contains && !narrow.contains("#") && !wide.contains("+") && !matched(narrow).isEmpty()) {
      assertTrue(
          covers || narrow.contains("+"), wide + " contains " + narrow + " but does not cover it");
    }
  }

  @Property
  void filters_overlap_when_a_topic_is_matched_by_both(
      @ForAll("filter") String a, @ForAll("filter") String b) {
    Set<String> both = matched(a);
    both.retainAll(matched(b));
    assertEquals(
        !both.isEmpty(), Topics.overlap(Topics.levels(a), Topics.levels(b)), a + " and " + b);
    assertEquals(
        Topics.overlap(Topics.levels(a), Topics.levels(b)),
        Topics.overlap(Topics.levels(b), Topics.levels(a)));
  }

  @Property(tries = 300)
  void the_tree_of_subscriptions_finds_what_a_search_through_all_finds(
      @ForAll List<@From("filter") String> filters,
      @ForAll List<@From("filter") String> removed,
      @ForAll("topic") String topic) {
    SubscriptionTree<String, String> tree = new SubscriptionTree<>();
    filters.forEach(filter -> tree.put(filter, "client-" + filter, filter));
    removed.forEach(filter -> tree.remove(filter, "client-" + filter));

    Set<String> found = new HashSet<>();
    tree.match(
        Topics.levels(topic),
        (client, filter) -> assertTrue(found.add(filter), () -> filter + " twice"));

    Set<String> expected = new HashSet<>(filters);
    removed.forEach(expected::remove);
    expected.removeIf(filter -> !matches(filter, topic));
    assertEquals(expected, found);
    filters.forEach(filter -> tree.remove(filter, "client-" + filter));
    assertTrue(tree.isEmpty());
  }

  @Property(tries = 300)
  void the_tree_of_topics_finds_what_a_search_through_all_finds(
      @ForAll List<@From("topic") String> topics,
      @ForAll List<@From("topic") String> removed,
      @ForAll("filter") String filter) {
    TopicTree<String> tree = new TopicTree<>();
    Map<String, String> plain = new HashMap<>();
    topics.forEach(topic -> assertEquals(plain.put(topic, topic), tree.put(topic, topic)));
    removed.forEach(topic -> assertEquals(plain.remove(topic), tree.remove(topic)));

    Set<String> found = new HashSet<>();
    tree.match(Topics.levels(filter), topic -> assertTrue(found.add(topic)));

    Set<String> expected = new HashSet<>(plain.keySet());
    expected.removeIf(topic -> !matches(filter, topic));
    assertEquals(expected, found);
  }

  @Property
  void levels_are_what_stands_between_slashes(@ForAll("filter") String filter) {
    assertEquals(filter, String.join("/", Topics.levels(filter)));
  }
}
