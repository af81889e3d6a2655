package io.vatio.platform.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class SqliteDatabaseTest {
  private static final int CROWD = 50;

  @TempDir private Path folder;
  private final ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();

  @Test
  void whoever_is_in_a_hurry_lets_two_of_a_crowd_go_first() throws InterruptedException {
    try (Database database = SqliteDatabase.open(folder.resolve("a.db"), BeforeUpgrade.nothing())) {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      List<Thread> threads = new ArrayList<>();
      threads.add(
          Thread.ofPlatform()
              .start(
                  () ->
                      database.write(
                          handle -> {
                            begun.countDown();
                            return wait(go);
                          })));
      begun.await();
      for (int i = 0; i < CROWD; i++) {
        threads.add(waiting(() -> database.write(handle -> order.add("crowd"))));
      }
      threads.add(waiting(() -> database.writeFirst(handle -> order.add("inbox"))));

      go.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      assertEquals(CROWD + 1, order.size());
      assertTrue(List.copyOf(order).indexOf("inbox") <= 1, order.toString());
    }
  }

  /// A thread that has come to where it has to wait.
  private static Thread waiting(Runnable work) {
    Thread thread = Thread.ofPlatform().start(work);
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    return thread;
  }

  private static boolean wait(CountDownLatch latch) {
    try {
      latch.await();
      return true;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
