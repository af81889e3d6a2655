package io.vatio.protocol.mqtt;

import org.jspecify.annotations.Nullable;

/// One message for one subscriber, from the moment it is meant for it to its last acknowledgement.
final class Delivery {
  private static final int[] NO_SUBSCRIPTIONS = new int[0];

  final Session session;
  final Publication publication;
  final int qos;
  final boolean retain;

  /// Identifiers of the subscriptions that it came through.
  final int[] subscriptions;

  /// The shared subscription that it came through, null for none.
  final @Nullable SharedGroup share;

  // Under the lock of the outbox.
  /// 0 until it has one.
  int packetId;

  /// Whether it may have reached the client.
  boolean sent;

  /// Whether the client has it, and only waits to be told that it may forget its packet id.
  boolean released;

  /// Whether it counts in the outbox.
  boolean counted;

  /// What is kept on the disk for it; null where it need not survive the server.
  @Nullable QueuedMessage kept;

  /// Whether its row is safe; a message that may be delivered only once must not leave before.
  volatile boolean stored;

  // Under the lock of the session store.
  /// The commit that its row waits for; null before and after.
  @Nullable SessionBatch batch;

  Row row = Row.NONE;

  Delivery(
      Session session,
      Publication publication,
      int qos,
      boolean retain,
      int @Nullable [] subscriptions,
      @Nullable SharedGroup share) {
    this.session = session;
    this.publication = publication;
    this.qos = qos;
    this.retain = retain;
    this.subscriptions = subscriptions == null ? NO_SUBSCRIPTIONS : subscriptions;
    this.share = share;
  }

  /// Whether it may go to the client now.
  boolean ready() {
    return kept == null || qos < 2 || stored;
  }

  /// What has become of its row in the database.
  enum Row {
    NONE,
    /// In a batch that has not begun.
    PENDING,
    /// On the disk, or on its way there.
    WRITTEN,
    /// Not wanted any more.
    GONE
  }
}
