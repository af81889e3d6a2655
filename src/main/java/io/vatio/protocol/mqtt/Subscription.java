package io.vatio.protocol.mqtt;

/// What a client asked for with one filter.
///
/// @param qos highest it wants
/// @param noLocal not what it published itself
/// @param retainAsPublished keep the retain flag as the publisher set it
/// @param identifier of its own, 0 for none
record Subscription(int qos, boolean noLocal, boolean retainAsPublished, int identifier) {
  private static final int NO_LOCAL = 4;
  private static final int RETAIN_AS_PUBLISHED = 8;

  /// As kept in the database.
  int options() {
    return qos | (noLocal ? NO_LOCAL : 0) | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0);
  }

  /// The opposite of [#options].
  static Subscription of(int options, int identifier) {
    return new Subscription(
        options & 3, (options & NO_LOCAL) != 0, (options & RETAIN_AS_PUBLISHED) != 0, identifier);
  }
}
