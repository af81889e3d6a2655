package io.vatio.platform.events;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Publishes past-tense records to whoever subscribed to their exact type. Thread safe.
public final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Events.class);

  private final Map<Class<?>, List<Consumer<Object>>> subscribers = new ConcurrentHashMap<>();

  /// Calls the subscriber for every event of this type until the subscription is closed. The call
  /// comes on the publisher's thread and must neither block nor throw.
  public <E> Subscription subscribe(Class<E> type, Consumer<? super E> subscriber) {
    List<Consumer<Object>> list =
        subscribers.computeIfAbsent(type, _ -> new CopyOnWriteArrayList<>());
    Consumer<Object> entry = event -> subscriber.accept(type.cast(event));
    list.add(entry);
    return () -> list.remove(entry);
  }

  /// Tells all subscribers of the event's type, in order of their subscription.
  public void publish(Object event) {
    for (Consumer<Object> subscriber : subscribers.getOrDefault(event.getClass(), List.of())) {
      try {
        subscriber.accept(event);
      } catch (RuntimeException e) {
        LOG.error("subscriber of {} failed", event.getClass().getSimpleName(), e);
      }
    }
  }

  /// Ends a subscription when closed.
  @FunctionalInterface
  public interface Subscription extends AutoCloseable {
    @Override
    void close();
  }
}
