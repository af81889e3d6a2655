package io.vatio.platform.http;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An answer of any length, written piece by piece by a virtual thread that waits for the network:
/// whoever reads slowly is written to slowly, and one piece is in memory. When the peer goes away
/// or takes nothing for a minute, the writer's next piece fails and its work ends.
public final class StreamReply {
  private static final Logger LOG = LoggerFactory.getLogger(StreamReply.class);
  private static final int PIECE_BYTES = 64 << 10;
  private static final long PATIENCE_S = 60;

  private StreamReply() {}

  /// Writes the body; may block.
  @FunctionalInterface
  public interface Body {
    void write(OutputStream out) throws IOException;
  }

  /// Begins to answer; returns at once. A failure before the first piece is answered as one,
  /// later it breaks the connection, so that nobody takes a part for the whole.
  ///
  /// @param fileName offered to save it as; ASCII without quotes
  /// @param end called once, when nothing more is written
  public static void send(
      Request request, String contentType, String fileName, Body body, Runnable end) {
    HttpServerResponse response = request.context().response();
    Context context = request.context().vertx().getOrCreateContext();
    Pieces pieces = new Pieces(response, context, contentType, fileName);
    response.exceptionHandler(_ -> pieces.gone());
    response.closeHandler(_ -> pieces.gone());
    Thread.ofVirtual()
        .name("stream-reply")
        .start(
            () -> {
              try (OutputStream out = new BufferedOutputStream(pieces, PIECE_BYTES)) {
                body.write(out);
                out.flush();
                pieces.end();
              } catch (Throwable e) {
                // Errors too: somebody waits for the end.
                pieces.fail(request, e);
              } finally {
                end.run();
              }
            });
  }

  /// The peer is no longer there, or does not take anything.
  static final class Gone extends IOException {
    private static final long serialVersionUID = 1L;

    Gone(String message) {
      super(message);
    }
  }

  /// One piece is on its way at a time.
  private static final class Pieces extends OutputStream {
    private final HttpServerResponse response;
    private final Context context;
    private final String contentType;
    private final String fileName;
    private final CompletableFuture<Void> gone = new CompletableFuture<>();
    private final AtomicBoolean begun = new AtomicBoolean();

    Pieces(HttpServerResponse response, Context context, String contentType, String fileName) {
      this.response = response;
      this.context = context;
      this.contentType = contentType;
      this.fileName = fileName;
    }

    void gone() {
      gone.complete(null);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length == 0) {
        return;
      }
      Buffer piece = Buffer.buffer(length).appendBytes(bytes, offset, length);
      await(
          () -> {
            begin();
            return response.write(piece);
          });
    }

    void end() throws IOException {
      await(
          () -> {
            begin();
            return response.end();
          });
    }

    private void begin() {
      if (begun.compareAndSet(false, true)) {
        response.setStatusCode(200);
        response.setChunked(true);
        response.putHeader("Content-Type", contentType);
        response.putHeader("Content-Disposition", "attachment; filename=\"" + fileName + "\"");
        response.putHeader("Cache-Control", "no-store");
      }
    }

    private void await(Supplier<Future<Void>> step) throws IOException {
      CompletableFuture<Void> done = new CompletableFuture<>();
      context.runOnContext(
          _ -> {
            try {
              step.get()
                  .onComplete(
                      result -> {
                        if (result.succeeded()) {
                          done.complete(null);
                        } else {
                          done.completeExceptionally(result.cause());
                        }
                      });
            } catch (RuntimeException e) {
              done.completeExceptionally(e);
            }
          });
      try {
        CompletableFuture.anyOf(done, gone).get(PATIENCE_S, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw new Gone(String.valueOf(e.getMessage()));
      } catch (TimeoutException e) {
        throw new Gone("nothing was taken for " + PATIENCE_S + " s");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new Gone("interrupted");
      }
      if (!done.isDone()) {
        throw new Gone("the peer has gone");
      }
    }

    void fail(Request request, Throwable failure) {
      context.runOnContext(
          _ -> {
            if (!begun.get()) {
              request.context().fail(failure);
            } else if (!response.ended()) {
              if (!(failure instanceof Gone)) {
                LOG.error("{} broke off", request.context().request().path(), failure);
              }
              response.reset();
            }
          });
    }
  }
}
