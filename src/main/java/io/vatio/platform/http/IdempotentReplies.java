package io.vatio.platform.http;

import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.CarryingDatabase;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.StorageException;
import io.vatio.platform.schedule.Upkeep;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Does a POST with an `Idempotency-Key` once, and gives its answer again to whoever repeats it.
///
/// That the work has begun is committed in the transaction of the work's first change (see
/// [CarryingDatabase]), its answer right after it. Whoever repeats a request that was broken off
/// between the two hears that its outcome is not known: it is never done twice. A refused request
/// leaves nothing, its key is free again.
///
/// Answers are kept for [#LIFETIME], at most [#PER_SENDER] of one sender, the newest; strangers are
/// one sender together. They are sealed with the key itself, which is not stored: a password that
/// is shown once stays so for whoever reads the database. Thread safe; blocks.
public final class IdempotentReplies implements AutoCloseable {
  static final String HEADER = "Idempotency-Key";

  /// How long answers are kept.
  public static final Duration LIFETIME = Duration.ofHours(24);

  static final int PER_SENDER = 10_000;

  /// Bytes of an answer; a longer one is not kept.
  static final int MAX_BODY = 16 << 10;

  private static final int MAX_KEY = 255;
  private static final long PATIENCE_S = 60;
  private static final Duration ROUND = Duration.ofMinutes(10);

  /// How many answers more than allowed a sender may have until the oldest go.
  private static final int TRIM_EVERY = 100;

  private static final Logger LOG = LoggerFactory.getLogger(IdempotentReplies.class);

  private final Database database;
  private final Clock clock;
  private final Map<String, Attempt> running = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> kept = new ConcurrentHashMap<>();
  private final Upkeep upkeep;

  public IdempotentReplies(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
    this.upkeep =
        new Upkeep(
            "idempotent-replies",
            ROUND,
            _ -> {
              dropOld();
              return false;
            });
  }

  /// Begins to let go of old answers.
  public void start() {
    upkeep.start();
  }

  /// Does the work of a request, or gives the answer that it had.
  ///
  /// @param target what was asked for, the same however it was spelled
  /// @param changesHere whether this thread itself commits the work; otherwise its beginning is
  ///     committed before it
  Reply once(Request request, String target, boolean changesHere, Callable<Reply> work)
      throws Exception {
    Attempt attempt = attempt(request, target);
    for (Attempt other = running.putIfAbsent(attempt.id(), attempt);
        other != null;
        other = running.putIfAbsent(attempt.id(), attempt)) {
      requireSame(attempt, other.requestHash);
      await(other);
    }
    try {
      Optional<Reply> known = find(attempt);
      return known.isPresent() ? known.get() : perform(attempt, changesHere, work);
    } finally {
      running.remove(attempt.id(), attempt);
      attempt.over.complete(null);
    }
  }

  private static void await(Attempt other) throws InterruptedException {
    try {
      other.over.get(PATIENCE_S, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      throw Problem.conflict(Text.of("http.idempotency_running"));
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private Reply perform(Attempt attempt, boolean changesHere, Callable<Reply> work)
      throws Exception {
    if (!changesHere) {
      database.write(
          handle -> {
            attempt.write(handle);
            return 0;
          });
      attempt.begun = true;
    }
    Reply reply;
    try {
      reply = CarryingDatabase.carrying(attempt, work::call);
    } catch (Problem | Refused refusal) {
      forget(attempt);
      throw refusal;
    }
    if (reply.status() < 300) {
      keep(attempt, reply);
    } else {
      forget(attempt);
    }
    return reply;
  }

  private Optional<Reply> find(Attempt attempt) {
    Optional<Row> row =
        database.read(
            handle ->
                handle
                    .createQuery(
                        """
                        SELECT request_hash, status, content_type, body FROM idempotent_reply
                         WHERE sender = :sender AND key = :key AND created_at > :since
                        """)
                    .bind("sender", attempt.sender)
                    .bind("key", attempt.keyHash)
                    .bind("since", clock.millis() - LIFETIME.toMillis())
                    .map(
                        (rs, _) ->
                            new Row(
                                rs.getString("request_hash"),
                                rs.getInt("status"),
                                rs.getString("content_type"),
                                rs.getBytes("body")))
                    .findOne());
    if (row.isEmpty()) {
      return Optional.empty();
    }
    Row found = row.get();
    requireSame(attempt, found.requestHash());
    if (found.status() == 0) {
      throw Problem.conflict(Text.of("http.idempotency_unknown"));
    }
    return Optional.of(
        new Reply(
            found.status(),
            found.contentType(),
            attempt.seal.open(found.body()),
            Map.of("Idempotency-Replayed", "true")));
  }

  private static void requireSame(Attempt attempt, String requestHash) {
    if (!attempt.requestHash.equals(requestHash)) {
      throw new Refused(422, Text.of("http.idempotency_other"));
    }
  }

  /// What is done is done: an answer that cannot be kept is given all the same.
  private void keep(Attempt attempt, Reply reply) {
    boolean fits = reply.body().length <= MAX_BODY;
    try {
      database.write(
          handle -> {
            if (!attempt.hasBegun()) {
              attempt.write(handle);
            }
            if (!fits) {
              return 0;
            }
            return handle
                .createUpdate(
                    """
                    UPDATE idempotent_reply
                       SET status = :status, content_type = :content_type, body = :body
                     WHERE sender = :sender AND key = :key
                    """)
                .bind("status", reply.status())
                .bind("content_type", reply.contentType())
                .bind("body", attempt.seal.close(reply.body()))
                .bind("sender", attempt.sender)
                .bind("key", attempt.keyHash)
                .execute();
          });
      trim(attempt.sender);
    } catch (StorageException e) {
      LOG.warn("the answer to a request with an Idempotency-Key was not kept: {}", e.getMessage());
    }
  }

  private void forget(Attempt attempt) {
    if (attempt.hasBegun()) {
      database.write(
          handle ->
              handle
                  .createUpdate(
                      "DELETE FROM idempotent_reply WHERE sender = :sender AND key = :key")
                  .bind("sender", attempt.sender)
                  .bind("key", attempt.keyHash)
                  .execute());
    }
  }

  private void trim(String sender) {
    int count = kept.computeIfAbsent(sender, _ -> new AtomicInteger()).incrementAndGet();
    if (count % TRIM_EVERY == 0) {
      trim(sender, PER_SENDER);
    }
  }

  /// Keeps the newest answers of a sender.
  void trim(String sender, int most) {
    database.write(
        handle ->
            handle
                .createUpdate(
                    """
                    DELETE FROM idempotent_reply WHERE sender = :sender AND created_at <
                      (SELECT created_at FROM idempotent_reply WHERE sender = :sender
                        ORDER BY created_at DESC LIMIT 1 OFFSET :last)
                    """)
                .bind("sender", sender)
                .bind("last", most - 1)
                .execute());
  }

  private void dropOld() {
    kept.clear();
    database.write(
        handle ->
            handle
                .createUpdate("DELETE FROM idempotent_reply WHERE created_at <= :before")
                .bind("before", clock.millis() - LIFETIME.toMillis())
                .execute());
  }

  private Attempt attempt(Request request, String target) {
    List<String> given = request.context().request().headers().getAll(HEADER);
    String key = given.getFirst();
    if (given.size() > 1
        || key.isEmpty()
        || key.length() > MAX_KEY
        || !key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw Problem.invalid(HEADER, Text.of("http.idempotency_key", Integer.toString(MAX_KEY)));
    }
    // Whoever has no account is told apart by his address.
    String owner =
        switch (request.principal()) {
          case Principal.Anonymous _, Principal.Trusted _ -> request.address();
          default -> "";
        };
    byte[] target8 = (target + "\n").getBytes(StandardCharsets.UTF_8);
    return new Attempt(
        sender(request.principal()),
        hex(Seal.sha256(owner + "\n" + key)),
        hex(Seal.sha256(target8, request.body())),
        new Seal(key),
        clock.millis());
  }

  private static String sender(Principal principal) {
    return switch (principal) {
      case Principal.User user -> "user:" + user.id();
      case Principal.ApiKey key -> "key:" + key.id();
      case Principal.Device device -> "device:" + device.id();
      case Principal.Trusted _ -> "trusted";
      case Principal.Broker _ -> "broker";
      case Principal.Anonymous _ -> "anonymous";
    };
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public void close() {
    upkeep.close();
  }

  private record Row(String requestHash, int status, String contentType, byte[] body) {}

  /// One try to do what a key stands for; rides on the first transaction of the work.
  private static final class Attempt extends CarryingDatabase.Rider {
    final String sender;
    final String keyHash;
    final String requestHash;
    final Seal seal;
    final CompletableFuture<Void> over = new CompletableFuture<>();
    private final long at;
    boolean begun;

    Attempt(String sender, String keyHash, String requestHash, Seal seal, long at) {
      this.sender = sender;
      this.keyHash = keyHash;
      this.requestHash = requestHash;
      this.seal = seal;
      this.at = at;
    }

    String id() {
      return sender + " " + keyHash;
    }

    boolean hasBegun() {
      return begun || hasArrived();
    }

    /// A row without an answer; one that is too old to count makes room.
    @Override
    protected void write(Handle handle) {
      handle
          .createUpdate(
              """
              DELETE FROM idempotent_reply
               WHERE sender = :sender AND key = :key AND created_at <= :before
              """)
          .bind("sender", sender)
          .bind("key", keyHash)
          .bind("before", at - LIFETIME.toMillis())
          .execute();
      int written =
          handle
              .createUpdate(
                  """
              INSERT INTO idempotent_reply
                (sender, key, request_hash, status, content_type, body, created_at)
              VALUES (:sender, :key, :request_hash, 0, '', :body, :at)
              ON CONFLICT DO NOTHING
              """)
              .bind("sender", sender)
              .bind("key", keyHash)
              .bind("request_hash", requestHash)
              .bind("body", new byte[0])
              .bind("at", at)
              .execute();
      if (written == 0) {
        // Another server on the same database was quicker.
        throw Problem.conflict(Text.of("http.idempotency_running"));
      }
    }
  }
}
