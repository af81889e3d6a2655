package io.vatio.platform.http;

import io.vatio.kernel.Text;
import io.vertx.core.http.HttpHeaders;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Tags of what GET answers (a hash of the bytes), and the conditions that requests make with them.
///
/// Everything that changes one object through its path or a path below goes one after another, so
/// that nobody comes between the condition and the change. What changes by other ways (a device
/// that reports, another path that leads to the same object) is not held up. Thread safe.
final class EntityTags {
  private static final int TAG_BYTES = 12;
  private static final int STRIPES = 256;

  private final List<Lock> locks =
      Stream.generate(() -> (Lock) new ReentrantLock()).limit(STRIPES).toList();

  /// The answer to a GET with its tag, or 304 when the caller has it already.
  static Reply tagged(Request request, Reply reply) {
    if (reply.status() != 200 || !reply.contentType().startsWith("application/json")) {
      return reply;
    }
    String tag = tag(reply);
    String known = request.context().request().getHeader(HttpHeaders.IF_NONE_MATCH);
    if (known != null && names(known, tag, true)) {
      return new Reply(304, reply.contentType(), new byte[0], reply.headers()).with("ETag", tag);
    }
    return reply.with("ETag", tag);
  }

  /// Changes an object if its condition holds.
  ///
  /// @param object what stands for the object, whichever path below it is meant
  /// @param present what GET answers at the same path, null where there is no GET
  Reply guarded(
      Request request, String object, HttpApi.@Nullable Handler present, Callable<Reply> change)
      throws Exception {
    Lock lock = locks.get(Math.floorMod(object.hashCode(), STRIPES));
    lock.lock();
    try {
      String wanted = request.context().request().getHeader(HttpHeaders.IF_MATCH);
      if (wanted != null && !holds(request, wanted, present)) {
        throw new Refused(412, Text.of("http.changed"));
      }
      return change.call();
    } finally {
      lock.unlock();
    }
  }

  private static boolean holds(Request request, String wanted, HttpApi.@Nullable Handler present)
      throws Exception {
    if (present == null) {
      return false;
    }
    Reply now = present.handle(request);
    return now.status() == 200 && names(wanted, tag(now), false);
  }

  private static boolean names(String list, String tag, boolean weakly) {
    for (String one : list.split(",", -1)) {
      String name = one.strip();
      if (name.equals("*") || name.equals(tag) || (weakly && name.equals("W/" + tag))) {
        return true;
      }
    }
    return false;
  }

  private static String tag(Reply reply) {
    byte[] hash = Seal.sha256(reply.body());
    return '"'
        + Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, TAG_BYTES))
        + '"';
  }
}
