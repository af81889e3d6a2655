package io.vatio.protocol.simulator;

import java.util.concurrent.CompletableFuture;

/// The way of one device to the server. Sends one message; knows nothing of queues.
interface Link extends AutoCloseable {
  /// What became of one message.
  enum Answer {
    ACKNOWLEDGED,
    /// The server has it and does not want it; sending it again is pointless.
    REFUSED,
    /// Nobody knows or it never left; it must be sent again when the link is ready.
    UNSENT
  }

  /// What a link tells its owner, from any thread.
  interface Events {
    /// The link can carry messages (again).
    void ready();

    /// The link came back after it had been lost.
    void reconnected();

    /// Something a person should read; a lasting problem means that the link has given up.
    void problem(TargetProblem problem);
  }

  /// Starts connecting; returns at once.
  void open(Events events);

  boolean isReady();

  /// Never completes exceptionally.
  CompletableFuture<Answer> send(String topic, String payload);

  /// Says goodbye within two seconds.
  @Override
  void close();
}
