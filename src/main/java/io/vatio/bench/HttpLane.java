package io.vatio.bench;

import io.vatio.protocol.simulator.DeviceCredential;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A keep-alive HTTP/1.1 connection that posts the same body with a moving time, with a fixed
/// number of requests under way. Answers must carry `Content-Length`.
final class HttpLane extends Lane {
  private final TimedBytes request;
  private final long[] sentAt;
  private int first;
  private int underWay;
  private long accepted;
  private long refused;
  private int lastRefusal;

  private HttpLane(TimedBytes request, int window) {
    super(Math.max(LOAD_BUFFER_BYTES, 2 * request.length()));
    this.request = request;
    this.sentAt = new long[window];
  }

  /// @param body text with the slots of [TimedBytes], ASCII
  static HttpLane posting(
      String path, @Nullable DeviceCredential credential, String body, Instant start, int window) {
    return new HttpLane(TimedBytes.of(request(path, credential, body), -1, start, 1), window);
  }

  /// One whose body has many times, so many in a row the same.
  static HttpLane posting(
      String path,
      DeviceCredential credential,
      String body,
      Instant start,
      int window,
      int slotsOfAMoment) {
    return new HttpLane(
        TimedBytes.of(request(path, credential, body), start, 1, slotsOfAMoment), window);
  }

  private static byte[] request(String path, @Nullable DeviceCredential credential, String body) {
    String authorization =
        credential == null
            ? ""
            : "Authorization: Basic %s\r\n"
                .formatted(
                    Base64.getEncoder()
                        .encodeToString(
                            (credential.username() + ":" + credential.password())
                                .getBytes(StandardCharsets.UTF_8)));
    String request =
        """
        POST %s HTTP/1.1\r
        Host: localhost\r
        %sContent-Type: application/json\r
        Content-Length: %d\r
        \r
        %s"""
            .formatted(path, authorization, body.length(), body);
    return request.getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  void greet() {
    becomeReady();
  }

  @Override
  void read(long nowNanos, LatencyHistogram latencies) {
    while (true) {
      int bodyAt = endOfHead();
      if (bodyAt < 0) {
        return;
      }
      int end = bodyAt + contentLength(bodyAt);
      if (end > in.limit()) {
        return;
      }
      answered(status(), nowNanos, latencies);
      in.position(end);
    }
  }

  @Override
  void fill(long nowNanos) {
    while (underWay < sentAt.length && out.remaining() >= request.length()) {
      sentAt[(first + underWay++) % sentAt.length] = nowNanos;
      request.write(out, 0);
    }
  }

  @Override
  int outstanding() {
    return underWay;
  }

  @Override
  long accepted() {
    return accepted;
  }

  @Override
  long refused() {
    return refused;
  }

  @Override
  int lastRefusal() {
    return lastRefusal;
  }

  private void answered(int status, long nowNanos, LatencyHistogram latencies) {
    if (underWay == 0) {
      throw new BenchFailure("the server answered a request that was never sent");
    }
    long sent = sentAt[first];
    first = (first + 1) % sentAt.length;
    underWay--;
    if (status / 100 == 2) {
      latencies.record(nowNanos - sent);
      accepted++;
    } else {
      refused++;
      lastRefusal = status;
    }
  }

  private int endOfHead() {
    for (int i = in.position(); i + 3 < in.limit(); i++) {
      if (in.get(i) == '\r'
          && in.get(i + 1) == '\n'
          && in.get(i + 2) == '\r'
          && in.get(i + 3) == '\n') {
        return i + 4;
      }
    }
    return -1;
  }

  private int status() {
    int at = in.position() + "HTTP/1.1 ".length();
    return (in.get(at) - '0') * 100 + (in.get(at + 1) - '0') * 10 + in.get(at + 2) - '0';
  }

  private int contentLength(int bodyAt) {
    String name = "content-length:";
    for (int i = in.position(); i + name.length() < bodyAt; i++) {
      if (in.get(i) == '\n' && matches(i + 1, name)) {
        return number(i + 1 + name.length());
      }
    }
    throw new BenchFailure("the server answered without Content-Length");
  }

  private boolean matches(int at, String lowerCase) {
    for (int i = 0; i < lowerCase.length(); i++) {
      int letter = in.get(at + i);
      if ((letter >= 'A' && letter <= 'Z' ? letter + 32 : letter) != lowerCase.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int number(int at) {
    int value = 0;
    for (int i = at; in.get(i) != '\r'; i++) {
      if (in.get(i) != ' ') {
        value = value * 10 + in.get(i) - '0';
      }
    }
    return value;
  }
}
