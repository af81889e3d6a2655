package io.vatio.account;

import io.vatio.kernel.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// What a password that somebody chooses for himself must not be: short, common, only digits, or
/// nearly his name.
final class PasswordRules {
  private static final Pattern DIGITS = Pattern.compile("\\d+");
  private static final Pattern BREAKS = Pattern.compile("[^\\p{L}\\p{N}_]+");

  /// Of the letters of both, how many they share, from which on two texts are alike; as in the
  /// original.
  private static final double ALIKE = 0.7;

  private static final Set<String> COMMON = load();

  private PasswordRules() {}

  /// Everything that is wrong with a password; empty for nothing.
  ///
  /// @param account whose it will be
  static List<Text> faults(String password, AccountDraft account) {
    List<Text> faults = new ArrayList<>();
    similar(Text.of("account.password_like_username"), account.username, password, faults);
    similar(Text.of("account.password_like_first_name"), account.firstName, password, faults);
    similar(Text.of("account.password_like_last_name"), account.lastName, password, faults);
    similar(Text.of("account.password_like_email"), account.email, password, faults);
    faults.addAll(length(password));
    if (COMMON.contains(password.toLowerCase(Locale.ROOT).strip())) {
      faults.add(Text.of("account.password_common"));
    }
    if (DIGITS.matcher(password).matches()) {
      faults.add(Text.of("account.password_digits"));
    }
    return faults;
  }

  /// Whether a password is long enough.
  static List<Text> length(String password) {
    return password.length() < Passwords.MIN_LENGTH
        ? List.of(Text.of("account.password_short", Integer.toString(Passwords.MIN_LENGTH)))
        : List.of();
  }

  private static void similar(Text fault, String value, String password, List<Text> faults) {
    List<String> parts = new ArrayList<>(List.of(BREAKS.split(value, -1)));
    parts.add(value);
    if (faults.isEmpty() && parts.stream().anyMatch(part -> areAlike(password, part))) {
      faults.add(fault);
    }
  }

  private static boolean areAlike(String password, String part) {
    Map<Integer, Integer> letters = new HashMap<>();
    part.toLowerCase(Locale.ROOT).chars().forEach(c -> letters.merge(c, 1, Integer::sum));
    int shared = 0;
    for (char c : password.toLowerCase(Locale.ROOT).toCharArray()) {
      if (letters.merge((int) c, -1, Integer::sum) >= 0) {
        shared++;
      }
    }
    return 2.0 * shared / (password.length() + part.length()) >= ALIKE;
  }

  private static Set<String> load() {
    try (InputStream in =
        PasswordRules.class.getResourceAsStream("/account/common-passwords.txt")) {
      if (in == null) {
        throw new IllegalStateException("missing resource common-passwords.txt");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .collect(Collectors.toUnmodifiableSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
