package io.vatio.protocol.mqtt;

import io.vatio.protocol.Fingerprint;
import org.jspecify.annotations.Nullable;

/// What one connection has worked out about a topic that it publishes to, so that the next message
/// costs no more than finding this. Event loop only.
final class PublishTopic {
  final String name;
  final boolean allowed;

  /// Whether a decoder wants it; else the message only goes to subscribers.
  final boolean ingest;

  final long fingerprint;

  private long version = -1;
  private Route @Nullable [] routes;

  PublishTopic(String name, boolean allowed, boolean ingest) {
    this.name = name;
    this.allowed = allowed;
    this.ingest = ingest;
    this.fingerprint = Fingerprint.of(name);
  }

  /// Who gets messages of this topic from this publisher.
  Route[] routes(Broker broker, Session publisher) {
    // Read first: a subscription made meanwhile only means to ask once more next time.
    long present = broker.subscriptions().version();
    Route[] known = routes;
    if (known == null || version != present) {
      known = broker.routes(name, publisher);
      routes = known;
      version = present;
    }
    return known;
  }
}
