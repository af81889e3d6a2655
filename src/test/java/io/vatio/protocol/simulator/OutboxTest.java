package io.vatio.protocol.simulator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OutboxTest {
  private final SilentLink link = new SilentLink();
  private final Tally tally = new Tally();
  private final Outbox outbox = new Outbox(link, tally, 2);

  @Test
  void keeps_no_more_in_flight_than_the_window() {
    offer(5);

    assertEquals(List.of("now 0", "now 1"), link.sent);

    link.answer(0, Link.Answer.ACKNOWLEDGED);

    assertEquals(List.of("now 0", "now 1", "late 2"), link.sent);
    assertEquals(1, tally.count().acknowledged());
    assertEquals(4, tally.count().waiting());
  }

  @Test
  void sends_what_waited_oldest_first_and_with_its_time() {
    link.ready = false;
    offer(3);
    assertEquals(List.of(), link.sent);

    link.ready = true;
    outbox.pump();

    assertEquals(List.of("late 0", "late 1"), link.sent);
  }

  @Test
  void sends_again_in_order_what_was_lost_on_the_way() {
    offer(3);
    link.ready = false;
    link.answer(1, Link.Answer.UNSENT);
    link.answer(0, Link.Answer.UNSENT);
    link.sent.clear();

    link.ready = true;
    outbox.pump();

    assertEquals(List.of("late 0", "late 1"), link.sent);
    assertEquals(4, tally.count().sent());
    assertEquals(3, tally.count().waiting());
  }

  @Test
  void counts_a_refusal_and_goes_on() {
    offer(3);

    link.answer(0, Link.Answer.REFUSED);

    assertEquals(1, tally.count().refused());
    assertEquals("late 2", link.sent.getLast());
  }

  @Test
  void gives_up_the_oldest_and_counts_it_when_full() {
    link.ready = false;
    offer(Outbox.CAPACITY + 3);
    link.ready = true;
    outbox.pump();

    assertEquals(3, tally.count().dropped());
    assertEquals("late 3", link.sent.getFirst());
    assertEquals(Outbox.CAPACITY, tally.count().waiting());
  }

  @Test
  void waits_for_the_last_answer() throws Exception {
    offer(1);
    CompletableFuture<Void> over =
        CompletableFuture.runAsync(
            () -> {
              try {
                outbox.awaitEmpty(10_000_000_000L);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });

    link.answer(0, Link.Answer.ACKNOWLEDGED);

    over.get();
    assertEquals(0, tally.count().waiting());
  }

  private void offer(int count) {
    for (int i = 0; i < count; i++) {
      outbox.offer(new Message("t", "now " + i, "late " + i));
    }
  }

  private static final class SilentLink implements Link {
    private final List<String> sent = new ArrayList<>();
    private final List<CompletableFuture<Answer>> answers = new ArrayList<>();
    private boolean ready = true;

    @Override
    public void open(Events events) {}

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public CompletableFuture<Answer> send(String topic, String payload) {
      sent.add(payload);
      answers.add(new CompletableFuture<>());
      return answers.getLast();
    }

    void answer(int index, Answer answer) {
      answers.get(index).complete(answer);
    }

    @Override
    public void close() {}
  }
}
