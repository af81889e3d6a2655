package io.vatio.protocol.simulator;

import java.util.TreeMap;

/// The messages of one device that the server has not answered yet, oldest first and at most
/// [#CAPACITY]: while the link is down they wait, and when they are too many the oldest is given up
/// and counted. Any thread.
final class Outbox {
  static final int CAPACITY = 10_000;

  private final Link link;
  private final Tally tally;
  private final int window;
  private final TreeMap<Long, Waiting> waiting = new TreeMap<>();
  private long nextNumber;
  private int inFlight;

  private record Waiting(Message message, boolean late) {}

  /// @param window how many messages may be on their way at once
  Outbox(Link link, Tally tally, int window) {
    this.link = link;
    this.tally = tally;
    this.window = window;
  }

  void offer(Message message) {
    tally.produced();
    synchronized (this) {
      if (waiting.size() >= CAPACITY) {
        waiting.pollFirstEntry();
        tally.dropped();
      }
      boolean late = !link.isReady() || inFlight >= window;
      waiting.put(nextNumber++, new Waiting(message, late));
    }
    pump();
  }

  /// Sends what the window allows; called whenever something changed.
  void pump() {
    while (true) {
      long number;
      Waiting next;
      synchronized (this) {
        if (waiting.isEmpty() || inFlight >= window || !link.isReady()) {
          return;
        }
        var first = waiting.pollFirstEntry();
        number = first.getKey();
        next = first.getValue();
        inFlight++;
      }
      tally.sent();
      Message message = next.message();
      link.send(message.topic(), next.late() ? message.latePayload() : message.payload())
          .thenAccept(answer -> answered(number, message, answer));
    }
  }

  /// Waits at most that long for the server's answer to everything.
  synchronized void awaitEmpty(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    while (!(waiting.isEmpty() && inFlight == 0)) {
      long leftMs = (end - System.nanoTime()) / 1_000_000;
      if (leftMs <= 0) {
        return;
      }
      wait(leftMs);
    }
  }

  private void answered(long number, Message message, Link.Answer answer) {
    synchronized (this) {
      inFlight--;
      switch (answer) {
        case ACKNOWLEDGED -> tally.acknowledged();
        case REFUSED -> tally.refused();
        case UNSENT -> keep(number, message);
      }
      notifyAll();
    }
    if (answer != Link.Answer.UNSENT) {
      pump();
    }
  }

  private void keep(long number, Message message) {
    if (waiting.size() >= CAPACITY) {
      tally.dropped();
    } else {
      waiting.put(number, new Waiting(message, true));
    }
  }
}
