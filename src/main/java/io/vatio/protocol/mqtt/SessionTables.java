package io.vatio.protocol.mqtt;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;
import org.jspecify.annotations.Nullable;

/// The SQL of sessions. Times are microseconds in the database, milliseconds here.
final class SessionTables {
  /// States of a queued message; 0 = it waits.
  static final int SENT = 1;

  static final int RELEASED = 2;

  private static final String SAVE_SESSION =
      """
      INSERT INTO mqtt_session (id, owner, client_id, expiry_s, disconnected_at, will, created_at)
      VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (id) DO UPDATE
         SET expiry_s = excluded.expiry_s, disconnected_at = excluded.disconnected_at,
             will = excluded.will
      """;

  private static final String SAVE_SUBSCRIPTION =
      """
      INSERT INTO mqtt_subscription (session_id, filter, options, identifier)
      VALUES (?, ?, ?, ?)
      ON CONFLICT (session_id, filter) DO UPDATE
         SET options = excluded.options, identifier = excluded.identifier
      """;

  private static final String DELETE_SUBSCRIPTION =
      "DELETE FROM mqtt_subscription WHERE session_id = ? AND filter = ?";

  private static final String SAVE_MESSAGE =
      "INSERT INTO mqtt_message (id, topic, payload, properties, expires_at) VALUES (?, ?, ?, ?, ?)";

  private static final String DELETE_MESSAGE = "DELETE FROM mqtt_message WHERE id = ?";

  private static final String SAVE_QUEUED =
      """
      INSERT INTO mqtt_queue
        (session_id, message_id, packet_id, qos, retain, state, identifiers, share)
      VALUES (?, ?, ?, ?, ?, 0, ?, ?)
      """;

  private static final String SAVE_STATE =
      "UPDATE mqtt_queue SET state = ? WHERE session_id = ? AND message_id = ?";

  private static final String DELETE_QUEUED =
      "DELETE FROM mqtt_queue WHERE session_id = ? AND message_id = ?";

  private static final String SAVE_RECEIVED =
      """
      INSERT INTO mqtt_received (session_id, packet_id)
      VALUES (?, ?)
      ON CONFLICT (session_id, packet_id) DO NOTHING
      """;

  private static final String DELETE_RECEIVED =
      "DELETE FROM mqtt_received WHERE session_id = ? AND packet_id = ?";

  private static final List<String> OF_A_SESSION =
      List.of("mqtt_subscription", "mqtt_queue", "mqtt_received");

  private static final String SESSIONS =
      """
      SELECT id, owner, client_id, expiry_s, disconnected_at, will, created_at
        FROM mqtt_session
       ORDER BY id
      """;

  private static final String SUBSCRIPTIONS =
      "SELECT session_id, filter, options, identifier FROM mqtt_subscription";

  private static final String MESSAGES =
      "SELECT id, topic, payload, properties, expires_at FROM mqtt_message";

  private static final String QUEUE =
      """
      SELECT session_id, message_id, packet_id, qos, retain, state, identifiers, share
        FROM mqtt_queue
       ORDER BY session_id, message_id
      """;

  private static final String RECEIVED = "SELECT session_id, packet_id FROM mqtt_received";

  /// Deletes rows of what is gone.
  Newest tidy(Handle handle) {
    for (String table : OF_A_SESSION) {
      handle.execute(
          "DELETE FROM " + table + " WHERE session_id NOT IN (SELECT id FROM mqtt_session)");
    }
    handle.execute("DELETE FROM mqtt_message WHERE id NOT IN (SELECT message_id FROM mqtt_queue)");
    return new Newest(newest(handle, "mqtt_session"), newest(handle, "mqtt_message"));
  }

  private static long newest(Handle handle, String table) {
    return handle.createQuery("SELECT COALESCE(MAX(id), 0) FROM " + table).mapTo(Long.class).one();
  }

  Kept load(Handle handle) {
    List<SessionBatch.SessionRow> sessions =
        handle
            .createQuery(SESSIONS)
            .map(
                (row, _) -> {
                  long goneAt = row.getLong(5);
                  Long gone = row.wasNull() ? null : goneAt / 1_000;
                  return new SessionBatch.SessionRow(
                      row.getLong(1),
                      new Broker.Key(row.getString(2), row.getString(3)),
                      row.getLong(4),
                      gone,
                      row.getString(6),
                      row.getLong(7) / 1_000);
                })
            .list();
    Map<SessionBatch.SubscriptionKey, Subscription> subscriptions = new LinkedHashMap<>();
    handle
        .createQuery(SUBSCRIPTIONS)
        .map(
            (row, _) ->
                Map.entry(
                    new SessionBatch.SubscriptionKey(row.getLong(1), row.getString(2)),
                    Subscription.of(row.getInt(3), row.getInt(4))))
        .forEach(entry -> subscriptions.put(entry.getKey(), entry.getValue()));
    Map<Long, QueuedMessage> messages = new LinkedHashMap<>();
    handle
        .createQuery(MESSAGES)
        .map((row, _) -> message(row))
        .forEach(message -> messages.put(message.id, message));
    List<Waiting> queue =
        handle
            .createQuery(QUEUE)
            .map(
                (row, _) ->
                    new Waiting(
                        row.getLong(1),
                        row.getLong(2),
                        row.getInt(3),
                        row.getInt(4),
                        row.getInt(5) != 0,
                        row.getInt(6),
                        numbers(row.getString(7)),
                        row.getString(8)))
            .list();
    List<SessionBatch.PacketKey> received =
        handle
            .createQuery(RECEIVED)
            .map((row, _) -> new SessionBatch.PacketKey(row.getLong(1), row.getInt(2)))
            .list();
    return new Kept(sessions, subscriptions, messages, queue, received);
  }

  private static QueuedMessage message(ResultSet row) throws SQLException {
    long expiry = row.getLong(5);
    boolean forever = row.wasNull();
    QueuedMessage message =
        new QueuedMessage(
            row.getLong(1),
            new Publication(
                row.getString(2),
                row.getBytes(3),
                2,
                false,
                PublishProperties.read(row.getString(4)),
                forever ? Publication.FOREVER : expiry / 1_000));
    message.written = true;
    return message;
  }

  /// Writes a batch in an order in which nothing refers to what is not there.
  ///
  /// @return how many things changed
  int write(Handle handle, SessionBatch batch) {
    Rows sessions = new Rows(handle, SAVE_SESSION);
    for (SessionBatch.SessionRow row : batch.sessions.values()) {
      Long goneAt = row.goneAt();
      sessions.add(
          row.id(),
          row.key().owner(),
          row.key().clientId(),
          row.expirySeconds(),
          goneAt == null ? null : goneAt * 1_000,
          row.will(),
          row.createdAt() * 1_000);
    }
    sessions.execute();
    writeSubscriptions(handle, batch);
    writeQueue(handle, batch);
    writeReceived(handle, batch);
    for (String table : OF_A_SESSION) {
      Rows rows = new Rows(handle, "DELETE FROM " + table + " WHERE session_id = ?");
      batch.ended.forEach(rows::add);
      rows.execute();
    }
    Rows ended = new Rows(handle, "DELETE FROM mqtt_session WHERE id = ?");
    batch.ended.forEach(ended::add);
    ended.execute();
    return batch.size();
  }

  private static void writeSubscriptions(Handle handle, SessionBatch batch) {
    Rows saved = new Rows(handle, SAVE_SUBSCRIPTION);
    Rows deleted = new Rows(handle, DELETE_SUBSCRIPTION);
    batch.subscriptions.forEach(
        (key, subscription) ->
            subscription.ifPresentOrElse(
                s -> saved.add(key.session(), key.filter(), s.options(), s.identifier()),
                () -> deleted.add(key.session(), key.filter())));
    saved.execute();
    deleted.execute();
  }

  private static void writeQueue(Handle handle, SessionBatch batch) {
    Set<QueuedMessage> fresh = new LinkedHashSet<>();
    Rows queued = new Rows(handle, SAVE_QUEUED);
    for (Delivery delivery : batch.queued) {
      QueuedMessage message = delivery.kept;
      if (message != null) {
        fresh.add(message);
        SharedGroup share = delivery.share;
        queued.add(
            delivery.session.id(),
            message.id,
            delivery.packetId,
            delivery.qos,
            delivery.retain ? 1 : 0,
            text(delivery.subscriptions),
            share == null ? "" : share.filter());
      }
    }
    Rows messages = new Rows(handle, SAVE_MESSAGE);
    for (QueuedMessage message : fresh) {
      Publication publication = message.publication;
      messages.add(
          message.id,
          publication.topic,
          publication.payload,
          PublishProperties.write(publication.properties),
          publication.expiresAt == Publication.FOREVER ? null : publication.expiresAt * 1_000);
    }
    messages.execute();
    queued.execute();
    Rows states = new Rows(handle, SAVE_STATE);
    batch.states.forEach((delivery, state) -> states.add(state, sessionOf(delivery), id(delivery)));
    states.execute();
    Rows done = new Rows(handle, DELETE_QUEUED);
    batch.done.forEach(delivery -> done.add(sessionOf(delivery), id(delivery)));
    done.execute();
    Rows gone = new Rows(handle, DELETE_MESSAGE);
    batch.doneMessages.forEach(gone::add);
    gone.execute();
  }

  private static long sessionOf(Delivery delivery) {
    return delivery.session.id();
  }

  private static long id(Delivery delivery) {
    QueuedMessage message = delivery.kept;
    return message == null ? 0 : message.id;
  }

  private static void writeReceived(Handle handle, SessionBatch batch) {
    Rows saved = new Rows(handle, SAVE_RECEIVED);
    Rows deleted = new Rows(handle, DELETE_RECEIVED);
    batch.received.forEach(
        (key, held) -> (held ? saved : deleted).add(key.session(), key.packetId()));
    saved.execute();
    deleted.execute();
  }

  private static String text(int[] numbers) {
    return Arrays.stream(numbers).mapToObj(Integer::toString).collect(Collectors.joining(","));
  }

  private static int[] numbers(String text) {
    return text.isEmpty()
        ? new int[0]
        : Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
  }

  /// The largest ids in use.
  record Newest(long session, long message) {}

  /// Everything that was kept.
  record Kept(
      List<SessionBatch.SessionRow> sessions,
      Map<SessionBatch.SubscriptionKey, Subscription> subscriptions,
      Map<Long, QueuedMessage> messages,
      List<Waiting> queue,
      List<SessionBatch.PacketKey> received) {}

  /// A row of the queue.
  ///
  /// @param share the whole filter of the shared subscription, empty for none
  record Waiting(
      long session,
      long message,
      int packetId,
      int qos,
      boolean retain,
      int state,
      int[] identifiers,
      String share) {}

  /// One statement for many rows; none at all for no rows.
  private static final class Rows {
    private final Handle handle;
    private final String sql;
    private final List<@Nullable Object[]> rows = new ArrayList<>();

    Rows(Handle handle, String sql) {
      this.handle = handle;
      this.sql = sql;
    }

    void add(@Nullable Object... values) {
      rows.add(values);
    }

    void execute() {
      if (rows.isEmpty()) {
        return;
      }
      PreparedBatch statement = handle.prepareBatch(sql);
      for (@Nullable Object[] values : rows) {
        statement.add(values);
      }
      statement.execute();
    }
  }
}
