package io.vatio.platform.http;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// How a list that is in memory is searched (`?search=`) and put in order (`?ordering=`); the next
/// step is [Paging].
///
/// Every word of a search must be in one of the texts, whatever its case and accents. An order is
/// one name or several with commas between, `-` for descending; names that nobody knows are left
/// out. Things that are equal keep the order they came in. Texts are folded and keys taken once for
/// each thing, so ten thousand of them take milliseconds.
///
/// @param texts that are searched
/// @param keys by their names on the wire; texts are compared without case and accents, nulls are
///     the largest
/// @param missing the order when the request names none that is known
public record Listing<T>(List<Words<T>> texts, Map<String, Key<T>> keys, String missing) {
  private static final int MAX_SEARCH = 200;
  private static final Pattern MARKS = Pattern.compile("\\p{M}+");
  private static final Pattern BLANKS = Pattern.compile("[\\s,]+");

  public Listing {
    texts = List.copyOf(texts);
    keys = Map.copyOf(keys);
  }

  /// A text of a thing, null for none.
  @FunctionalInterface
  public interface Words<T> {
    @Nullable String of(T thing);
  }

  /// What a thing is put in order by, null for nothing; the same type for all things.
  @FunctionalInterface
  public interface Key<T> {
    @Nullable Comparable<?> of(T thing);
  }

  /// The things that a request asks for, in the order it asks for.
  ///
  /// @throws Problem.Invalid for a search of more than 200 characters
  public List<T> apply(Request request, Collection<T> all) {
    List<String> words = words(request.query("search").orElse(""));
    List<Order<T>> orders = orders(request.query("ordering").orElse(""));
    List<Keyed<T>> found = new ArrayList<>();
    for (T thing : all) {
      if (words.isEmpty() || matches(thing, words)) {
        found.add(new Keyed<>(thing, orders.stream().map(o -> o.key(thing)).toList()));
      }
    }
    found.sort((a, b) -> compare(a, b, orders));
    return found.stream().map(Keyed::thing).toList();
  }

  private static List<String> words(String search) {
    if (search.length() > MAX_SEARCH) {
      throw Problem.invalid("search", Text.of("http.field_long", Integer.toString(MAX_SEARCH)));
    }
    return BLANKS.splitAsStream(folded(search)).filter(word -> !word.isEmpty()).distinct().toList();
  }

  private boolean matches(T thing, List<String> words) {
    List<String> folded = new ArrayList<>(texts.size());
    for (Words<T> text : texts) {
      String value = text.of(thing);
      if (value != null) {
        folded.add(folded(value));
      }
    }
    for (String word : words) {
      boolean found = false;
      for (int i = 0; i < folded.size() && !found; i++) {
        found = folded.get(i).contains(word);
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private List<Order<T>> orders(String wanted) {
    List<Order<T>> orders = known(wanted);
    return orders.isEmpty() ? known(missing) : orders;
  }

  private List<Order<T>> known(String names) {
    List<Order<T>> orders = new ArrayList<>();
    for (String name : BLANKS.split(names, -1)) {
      boolean descending = name.startsWith("-");
      Key<T> key = keys.get(descending ? name.substring(1) : name);
      if (key != null && orders.size() < keys.size()) {
        orders.add(new Order<>(key, descending));
      }
    }
    return orders;
  }

  private static <T> int compare(Keyed<T> a, Keyed<T> b, List<Order<T>> orders) {
    for (int i = 0; i < orders.size(); i++) {
      int order = SortKey.ORDER.compare(a.keys().get(i), b.keys().get(i));
      if (order != 0) {
        return orders.get(i).descending() ? -order : order;
      }
    }
    return 0;
  }

  /// Small letters without accents.
  private static String folded(String text) {
    String small = text.toLowerCase(Locale.ROOT);
    if (isAscii(small)) {
      return small;
    }
    return MARKS.matcher(Normalizer.normalize(small, Normalizer.Form.NFD)).replaceAll("");
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 128) {
        return false;
      }
    }
    return true;
  }

  private record Order<T>(Key<T> key, boolean descending) {
    SortKey key(T thing) {
      Comparable<?> value = key.of(thing);
      return new SortKey(value instanceof String text ? folded(text) : value);
    }
  }

  /// A key, ready for comparing.
  private record SortKey(@Nullable Comparable<?> value) {
    static final Comparator<SortKey> ORDER = SortKey::compare;

    // All keys of one name have one type.
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static int compare(SortKey a, SortKey b) {
      if (a.value == null || b.value == null) {
        return Boolean.compare(a.value == null, b.value == null);
      }
      return ((Comparable) a.value).compareTo(b.value);
    }
  }

  private record Keyed<T>(T thing, List<SortKey> keys) {}
}
