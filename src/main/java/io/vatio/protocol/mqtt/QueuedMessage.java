package io.vatio.protocol.mqtt;

/// A message that waits on the disk for one or more sessions.
final class QueuedMessage {
  final long id;
  final Publication publication;

  // Under the lock of the session store.
  /// Queue rows of it that are on the disk or on their way there.
  int rows;

  boolean written;

  QueuedMessage(long id, Publication publication) {
    this.id = id;
    this.publication = publication;
  }
}
