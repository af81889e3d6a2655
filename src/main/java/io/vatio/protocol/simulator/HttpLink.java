package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.client.HttpRequest;
import io.vertx.ext.web.client.HttpResponse;
import io.vertx.ext.web.client.WebClient;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// Posts one device's records to one path with its credential. Between failure and the next try it
/// is not ready, for as long as `Retry-After` asks or 1 to 30 seconds.
final class HttpLink implements Link {
  private static final long TIMEOUT_MS = 15_000;
  private static final long LONGEST_PAUSE_S = 30;

  private final Vertx vertx;
  private final WebClient web;
  private final URI base;
  private final String path;
  private final String serial;
  private final @Nullable DeviceCredential credential;
  private @Nullable Events events;
  private volatile boolean ready;
  private volatile boolean closed;
  private volatile long nextPauseS = 1;
  private volatile boolean broken;

  /// @param web shared by all links of a simulation and closed by its owner
  HttpLink(
      Vertx vertx,
      WebClient web,
      URI base,
      String path,
      String serial,
      @Nullable DeviceCredential credential) {
    this.vertx = vertx;
    this.web = web;
    this.base = base;
    this.path = path;
    this.serial = serial;
    this.credential = credential;
  }

  @Override
  public void open(Events newEvents) {
    this.events = newEvents;
    ready = true;
    newEvents.ready();
  }

  @Override
  public boolean isReady() {
    return ready && !closed;
  }

  @Override
  public CompletableFuture<Answer> send(String topic, String payload) {
    HttpRequest<Buffer> request =
        web.post(Account.port(base), base.getHost(), Account.prefix(base) + path)
            .timeout(TIMEOUT_MS)
            .putHeader("Content-Type", "application/json");
    if (credential != null) {
      request.basicAuthentication(credential.username(), credential.password());
    }
    return request
        .sendBuffer(Buffer.buffer(payload))
        .toCompletionStage()
        .toCompletableFuture()
        .handle(this::answer);
  }

  @Override
  public void close() {
    closed = true;
  }

  private Answer answer(@Nullable HttpResponse<Buffer> response, @Nullable Throwable failure) {
    if (response == null) {
      Throwable cause = failure == null ? new IllegalStateException("no answer") : failure;
      return lost(TargetProblem.of(cause, base), nextPauseS);
    }
    int status = response.statusCode();
    if (status == 429 || status >= 500) {
      return lost(
          TargetProblem.passing("%s is busy (status %d); trying again.".formatted(base, status)),
          retryAfterS(response));
    }
    if (broken) {
      broken = false;
      requireEvents().reconnected();
    }
    nextPauseS = 1;
    if (status >= 200 && status < 300) {
      return Answer.ACKNOWLEDGED;
    }
    return refused(response);
  }

  private Answer refused(HttpResponse<Buffer> response) {
    int status = response.statusCode();
    if (status == 401 || status == 403) {
      ready = false;
      requireEvents()
          .problem(TargetProblem.refused(base, serial, "status " + status, credential == null));
    } else {
      requireEvents()
          .problem(
              TargetProblem.passing(
                  "%s refuses a record of %s (status %d: %s)."
                      .formatted(base, serial, status, Heard.text(response.bodyAsString()))));
    }
    return Answer.REFUSED;
  }

  private Answer lost(TargetProblem problem, long pauseS) {
    ready = false;
    broken = true;
    nextPauseS = Math.min(LONGEST_PAUSE_S, nextPauseS * 2);
    requireEvents().problem(problem);
    if (problem.isPassing() && !closed) {
      vertx.setTimer(
          pauseS * 1000,
          _ -> {
            ready = true;
            requireEvents().ready();
          });
    }
    return Answer.UNSENT;
  }

  private long retryAfterS(HttpResponse<Buffer> response) {
    String header = response.getHeader("Retry-After");
    if (header != null && header.matches("\\d{1,4}")) {
      return Math.clamp(Long.parseLong(header), 1, LONGEST_PAUSE_S);
    }
    return nextPauseS;
  }

  private Events requireEvents() {
    if (events == null) {
      throw new IllegalStateException("link is used before it was opened");
    }
    return events;
  }
}
