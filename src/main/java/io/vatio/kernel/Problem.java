package io.vatio.kernel;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a caller did wrong or cannot have now. Sorted by what the caller should do about it; each
/// protocol adapter says it in its own words, in the caller's language.
///
/// Expected by design, so it carries no stack trace.
public abstract sealed class Problem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Text text;

  private Problem(Text text) {
    super(text.key(), null, false, false);
    this.text = text;
  }

  /// The sentence for the caller.
  public Text text() {
    return text;
  }

  /// The request itself is wrong; correct it and send it again.
  public static final class Invalid extends Problem {
    private static final long serialVersionUID = 1L;
    private final transient Map<String, List<Text>> fields;

    private Invalid(Text text, Map<String, List<Text>> fields) {
      super(text);
      this.fields = fields;
    }

    /// The sentences by field, in the order they were found; empty when no field is to blame.
    public Map<String, List<Text>> fields() {
      return fields;
    }
  }

  /// No (valid) credentials.
  public static final class Unauthenticated extends Problem {
    private static final long serialVersionUID = 1L;
    private final String code;
    private final transient @Nullable Text token;

    private Unauthenticated(Text text, String code, @Nullable Text token) {
      super(text);
      this.code = code;
      this.token = token;
    }

    /// A word for programs, empty for none.
    public String code() {
      return code;
    }

    /// What is wrong with the access token that was brought; null when none was.
    public @Nullable Text token() {
      return token;
    }
  }

  /// Known caller, but not allowed.
  public static final class Forbidden extends Problem {
    private static final long serialVersionUID = 1L;

    private Forbidden(Text text) {
      super(text);
    }
  }

  /// There is no such thing, or the caller may not know of it.
  public static final class NotFound extends Problem {
    private static final long serialVersionUID = 1L;

    private NotFound(Text text) {
      super(text);
    }
  }

  /// The present state of things does not allow it.
  public static final class Conflict extends Problem {
    private static final long serialVersionUID = 1L;

    private Conflict(Text text) {
      super(text);
    }
  }

  /// Too much or too large.
  public static final class TooLarge extends Problem {
    private static final long serialVersionUID = 1L;

    private TooLarge(Text text) {
      super(text);
    }
  }

  /// The caller asks too often; wait and try again.
  public static final class TooMany extends Problem {
    private static final long serialVersionUID = 1L;
    private final transient Duration retryAfter;

    private TooMany(Text text, Duration retryAfter) {
      super(text);
      this.retryAfter = retryAfter;
    }

    /// How long to wait before the next try.
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /// The server cannot do it now: overload, a full disk, a database away.
  public static final class Unavailable extends Problem {
    private static final long serialVersionUID = 1L;
    private final transient Duration retryAfter;

    private Unavailable(Text text, Duration retryAfter) {
      super(text);
      this.retryAfter = retryAfter;
    }

    /// How long to wait before the next try.
    public Duration retryAfter() {
      return retryAfter;
    }
  }

  /// A request that is wrong as a whole.
  public static Invalid invalid(Text text) {
    return new Invalid(text, Map.of());
  }

  /// A request that is wrong in one field.
  public static Invalid invalid(String field, Text text) {
    return new Invalid(text, Map.of(field, List.of(text)));
  }

  /// A request that is wrong in several fields.
  public static Invalid invalid(Map<String, List<Text>> fields) {
    return new Invalid(fields.values().iterator().next().getFirst(), new LinkedHashMap<>(fields));
  }

  public static Unauthenticated unauthenticated(Text text) {
    return new Unauthenticated(text, "", null);
  }

  /// @param code a word for programs
  public static Unauthenticated unauthenticated(Text text, String code) {
    return new Unauthenticated(text, code, null);
  }

  /// An access token that was not made here, has expired, or was changed.
  public static Unauthenticated wrongToken() {
    return new Unauthenticated(
        Text.of("http.credentials_wrong"), "token_not_valid", Text.of("http.token_wrong"));
  }

  /// A token that is good, of an account that may not log in.
  public static Unauthenticated inactive() {
    return unauthenticated(Text.of("http.account_inactive"), "user_inactive");
  }

  public static Forbidden forbidden(Text text) {
    return new Forbidden(text);
  }

  public static NotFound notFound(Text text) {
    return new NotFound(text);
  }

  public static Conflict conflict(Text text) {
    return new Conflict(text);
  }

  public static TooLarge tooLarge(Text text) {
    return new TooLarge(text);
  }

  public static TooMany tooMany(Text text, Duration retryAfter) {
    return new TooMany(text, retryAfter);
  }

  public static Unavailable unavailable(Text text, Duration retryAfter) {
    return new Unavailable(text, retryAfter);
  }
}
