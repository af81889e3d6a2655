package io.vatio.ingest;

/// The form in which nearly all programs write a moment, `2026-01-31T08:00:00Z` with up to six
/// digits of a fraction, read without making anything.
final class FastMoment {
  /// Written in some other way, or wrong.
  static final long NONE = Long.MIN_VALUE;

  private static final int[] DAYS_BEFORE = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
  private static final int[] DAYS = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

  /// Days from year 0 to 1970.
  private static final long EPOCH = 719_528;

  private FastMoment() {}

  /// Microseconds since 1970 UTC, or [#NONE].
  static long read(char[] text, int from, int length) {
    int end = from + length - 1;
    if (length < 20
        || length > 27
        || text[end] != 'Z'
        || text[from + 4] != '-'
        || text[from + 7] != '-'
        || text[from + 10] != 'T'
        || text[from + 13] != ':'
        || text[from + 16] != ':') {
      return NONE;
    }
    int year = digits(text, from, 4);
    int month = digits(text, from + 5, 2);
    int day = digits(text, from + 8, 2);
    int hour = digits(text, from + 11, 2);
    int minute = digits(text, from + 14, 2);
    int second = digits(text, from + 17, 2);
    long fraction = fraction(text, from + 19, end);
    if ((year | month | day | hour | minute | second | fraction) < 0
        || month < 1
        || month > 12
        || day < 1
        || day > length(year, month)
        || hour > 23
        || minute > 59
        || second > 59) {
      return NONE;
    }
    long seconds = ((daysTo(year, month) + day - 1) * 24 + hour) * 3_600 + minute * 60 + second;
    return seconds * 1_000_000 + fraction;
  }

  /// -1 for what is no number.
  private static int digits(char[] text, int from, int count) {
    int number = 0;
    for (int i = from; i < from + count; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number;
  }

  /// Microseconds behind a point; 0 where nothing stands, -1 for what is wrong.
  private static long fraction(char[] text, int from, int end) {
    if (from == end) {
      return 0;
    }
    int count = end - from - 1;
    if (text[from] != '.' || count < 1) {
      return -1;
    }
    long number = digits(text, from + 1, count);
    for (int i = count; i < 6; i++) {
      number *= 10;
    }
    return number;
  }

  private static boolean isLeap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  }

  private static int length(int year, int month) {
    return month == 2 && isLeap(year) ? 29 : DAYS[month - 1];
  }

  /// Days from 1970-01-01 to the first of a month.
  private static long daysTo(int year, int month) {
    long before = year - 1L;
    long leaps = year == 0 ? 0 : 1 + before / 4 - before / 100 + before / 400;
    long days = 365L * year + leaps + DAYS_BEFORE[month - 1];
    return days + (month > 2 && isLeap(year) ? 1 : 0) - EPOCH;
  }
}
