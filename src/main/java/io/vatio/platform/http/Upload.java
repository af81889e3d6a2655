package io.vatio.platform.http;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.db.StorageException;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.AsyncFile;
import io.vertx.core.file.FileSystemException;
import io.vertx.core.file.OpenOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.nio.file.Path;

/// A body on its way to a file: as fast as the disk takes it, never in memory. On the event loop.
final class Upload {
  private final HttpServerRequest request;
  private final AsyncFile file;
  private final long most;
  private final Promise<Void> done = Promise.promise();
  private long size;

  private Upload(HttpServerRequest request, AsyncFile file, long most) {
    this.request = request;
    this.file = file;
    this.most = most;
  }

  /// The bytes a body says it has, the most when it does not say.
  ///
  /// @throws Problem.TooLarge when they are more
  static long bytes(HttpServerRequest request, long most) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (length == null) {
      return most;
    }
    // The parser let only digits through.
    long bytes = Long.parseLong(length.strip());
    if (bytes > most) {
      throw Problem.tooLarge(Text.of("http.too_large"));
    }
    return bytes;
  }

  /// Writes the whole body of a request to a new file. Fails with a [Problem] when it is too long;
  /// what was written is left to the caller.
  ///
  /// @param most bytes
  static Future<Void> receive(Vertx vertx, HttpServerRequest request, Path path, long most) {
    request.pause();
    return vertx
        .fileSystem()
        .open(path.toString(), new OpenOptions().setCreateNew(true).setRead(false))
        .compose(file -> new Upload(request, file, most).begin())
        .recover(failure -> Future.failedFuture(said(failure)));
  }

  /// A disk that takes no more is no fault of the sender's.
  private static Throwable said(Throwable failure) {
    if (failure instanceof FileSystemException || failure instanceof IOException) {
      return new StorageException("upload: " + failure.getMessage(), failure);
    }
    return failure;
  }

  private Future<Void> begin() {
    request.exceptionHandler(done::tryFail);
    file.exceptionHandler(done::tryFail);
    request.handler(this::write);
    request.endHandler(_ -> done.tryComplete());
    file.drainHandler(_ -> request.resume());
    request.resume();
    return done.future().eventually(() -> file.close());
  }

  private void write(Buffer piece) {
    size += piece.length();
    if (size > most) {
      request.handler(null);
      done.tryFail(Problem.tooLarge(Text.of("http.too_large")));
      return;
    }
    if (done.future().isComplete()) {
      return;
    }
    file.write(piece).onFailure(done::tryFail);
    if (file.writeQueueFull()) {
      request.pause();
    }
  }
}
