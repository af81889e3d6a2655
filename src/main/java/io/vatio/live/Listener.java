package io.vatio.live;

import io.vatio.device.Device;
import io.vatio.device.Visibility;
import io.vatio.kernel.Principal;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/// One open stream. It keeps no events of its own but its place in the hub's rings, and writes on
/// from there whenever the connection takes more; the event loop of the connection runs it.
///
/// A listener that fell so far behind that the ring has moved on gets the present state of the
/// devices that changed meanwhile, and the event `resync` in place of the missing readings. One
/// that takes nothing for a while is cut off.
final class Listener {
  private static final int CHUNK_BYTES = 32 << 10;

  /// Chunks written in one go, before other connections of the event loop have their turn.
  private static final int CHUNKS = 8;

  private static final long NOT_STALLED = Long.MAX_VALUE;

  private static final byte[] EVENT_IN_DATA =
      ",\"event\":\"device_update\"}\n\n".getBytes(StandardCharsets.UTF_8);

  private final LiveHub hub;
  private final Interest interest;
  private final HttpServerResponse response;
  private final Context context;
  private final String address;
  private final Supplier<Future<Optional<Principal>>> admission;
  private final AtomicBoolean awake = new AtomicBoolean();
  private final AtomicBoolean left = new AtomicBoolean();

  /// Who listens, with the rights of the last look.
  private volatile Principal principal;

  private boolean greeted;
  private String helloId = "";
  private long deviceNumber;
  private long readingNumber;
  private boolean gap;
  private Queue<Frame.Measured> replay = new ArrayDeque<>();
  private Queue<Long> catchingUp = new ArrayDeque<>();
  private long nextCheck;

  /// Times in ms since 1970; the hub reads them.
  private volatile long nextPing = Long.MAX_VALUE;

  private volatile long stalledSince = NOT_STALLED;

  /// @param admission asks who listens now; empty for one who may not any more
  Listener(
      LiveHub hub,
      Interest interest,
      HttpServerResponse response,
      Context context,
      String address,
      Principal principal,
      Supplier<Future<Optional<Principal>>> admission) {
    this.hub = hub;
    this.interest = interest;
    this.response = response;
    this.context = context;
    this.address = address;
    this.principal = principal;
    this.admission = admission;
  }

  Interest interest() {
    return interest;
  }

  String address() {
    return address;
  }

  /// The name of the principal.
  String who() {
    return principal.name();
  }

  /// Whether a device is asked for, and for this one to see at this moment.
  boolean wants(Device device) {
    return interest.wants(device) && hub.visibility().finds(principal, device);
  }

  /// The same for a reading.
  boolean wants(Frame.Measured reading) {
    Principal who = principal;
    return interest.wants(reading)
        && (Visibility.seesAll(who) || hub.visibility().sees(who, reading.deviceId()));
  }

  boolean hasLeft() {
    return left.get();
  }

  /// Takes its place; called by the hub, once, before the first [#wake].
  void begin(Start start) {
    deviceNumber = start.deviceNumber();
    catchingUp = new ArrayDeque<>(start.changed());
    readingNumber = start.readingNumber();
    replay = new ArrayDeque<>(start.replay());
    gap = start.gap();
    helloId = start.helloId();
    long now = hub.now();
    nextPing = now + hub.settings().ping().toMillis();
    nextCheck = now + hub.settings().recheck().toMillis();
  }

  /// Has it write what there is; from any thread, any number of times.
  void wake() {
    if (awake.compareAndSet(false, true)) {
      context.runOnContext(_ -> write());
    }
  }

  /// Whether time alone gives it something to do.
  boolean isDue(long now) {
    return now >= nextPing || stalledSince != NOT_STALLED;
  }

  /// The connection takes again.
  void drained() {
    stalledSince = NOT_STALLED;
    wake();
  }

  /// The peer has gone.
  void leave() {
    if (left.compareAndSet(false, true)) {
      hub.leave(this);
    }
  }

  /// Ends the stream properly; the client may come back.
  void end() {
    leave();
    context.runOnContext(
        _ -> {
          if (!response.ended() && !response.closed()) {
            response.end();
          }
        });
  }

  private void write() {
    awake.set(false);
    if (left.get()) {
      return;
    }
    long now = hub.now();
    if (now >= nextCheck) {
      nextCheck = now + hub.settings().recheck().toMillis();
      checkAdmission();
    }
    for (int i = 0; i < CHUNKS; i++) {
      if (response.writeQueueFull()) {
        checkStall(now);
        return;
      }
      Buffer chunk = Buffer.buffer();
      fill(chunk, now);
      if (chunk.length() == 0) {
        return;
      }
      response.write(chunk);
    }
    wake();
  }

  private void checkStall(long now) {
    if (stalledSince == NOT_STALLED) {
      stalledSince = now;
    } else if (now - stalledSince >= hub.settings().stall().toMillis()) {
      hub.countCutOff();
      leave();
      response.reset();
    }
  }

  /// Asks now whether it may still listen; from any thread.
  void recheck() {
    context.runOnContext(
        _ -> {
          if (!left.get()) {
            checkAdmission();
          }
        });
  }

  private void checkAdmission() {
    // A failure says that nobody can tell just now, which is no reason to end.
    admission
        .get()
        .onSuccess(
            admitted -> {
              if (admitted.isEmpty()) {
                end();
              } else {
                principal = admitted.get();
              }
            });
  }

  private void fill(Buffer chunk, long now) {
    if (!greeted) {
      greeted = true;
      id(chunk, helloId);
      chunk.appendString("event: hello\ndata: {}\n\n");
    }
    if (now >= nextPing) {
      nextPing = now + hub.settings().ping().toMillis();
      chunk.appendString("event: ping\ndata: {}\n\n");
    }
    // Readings after devices: the id of a reading says that the device updates before it arrived.
    fillDevices(chunk);
    fillReadings(chunk);
  }

  private void fillDevices(Buffer chunk) {
    while (chunk.length() < CHUNK_BYTES) {
      Long behind = catchingUp.poll();
      if (behind != null) {
        // Only with the last of them is the listener where the id says.
        String id = catchingUp.isEmpty() ? hub.deviceId(deviceNumber) : "";
        hub.present(behind)
            .filter(frame -> wants(frame.device()))
            .ifPresent(frame -> device(chunk, frame, id));
      } else if (deviceNumber < hub.changes().newest()) {
        Optional<Frame.Changed> next = hub.changes().find(deviceNumber + 1);
        if (next.isEmpty()) {
          hub.countResync();
          long newest = hub.changes().newest();
          catchingUp = new ArrayDeque<>(hub.changedSince(deviceNumber, this));
          deviceNumber = newest;
        } else {
          deviceNumber++;
          if (wants(next.get().device())) {
            device(chunk, next.get(), hub.deviceId(deviceNumber));
          }
        }
      } else {
        return;
      }
    }
  }

  private void fillReadings(Buffer chunk) {
    while (chunk.length() < CHUNK_BYTES) {
      if (gap) {
        gap = false;
        chunk.appendString("event: resync\ndata: {}\n\n");
      } else if (!replay.isEmpty()) {
        reading(chunk, replay.remove());
      } else if (interest.wantsReadings() && readingNumber < hub.measured().newest()) {
        Optional<Frame> next = hub.measured().find(readingNumber + 1);
        if (next.isEmpty()) {
          hub.countResync();
          readingNumber = hub.measured().newest();
          gap = true;
        } else {
          readingNumber++;
          switch (next.get()) {
            case Frame.Measured measured when wants(measured) -> reading(chunk, measured);
            case Frame.Gap _ -> gap = true;
            case Frame.Measured _, Frame.Changed _ -> {}
          }
        }
      } else {
        return;
      }
    }
  }

  private void device(Buffer chunk, Frame.Changed frame, String id) {
    switch (interest.dialect()) {
      case DISPOSITIVOS -> {
        id(chunk, id);
        chunk.appendString("data: ").appendBytes(frame.json(), 0, frame.json().length - 1);
        chunk.appendBytes(EVENT_IN_DATA);
      }
      case API -> event(chunk, "device_update", frame.json());
    }
  }

  private void reading(Buffer chunk, Frame.Measured frame) {
    byte[] energy = frame.energy();
    if (energy != null && interest.topics().contains(Topic.ENERGY)) {
      id(chunk, Long.toString(frame.seq()));
      event(chunk, "energy", energy);
    }
    if (interest.topics().contains(Topic.READINGS)) {
      id(chunk, Long.toString(frame.seq()));
      event(chunk, "readings", frame.json());
    }
  }

  private static void id(Buffer chunk, String id) {
    if (!id.isEmpty()) {
      chunk.appendString("id: ").appendString(id).appendString("\n");
    }
  }

  private static void event(Buffer chunk, String name, byte[] json) {
    chunk.appendString("event: ").appendString(name).appendString("\ndata: ");
    chunk.appendBytes(json).appendString("\n\n");
  }
}
