package io.vatio.protocol.mqtt;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttIdentifierRejectedException;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client on one socket: its login, its keep-alive and its end. What it says in between is
/// [Conversation]'s.
///
/// Lives on the event loop of its transport. Other threads only [#wake] it or ask it to end.
final class Connection implements Transport.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private static final int MOST_OWED = 100;

  private final Broker broker;
  private final Transport transport;
  private final Door door;
  private final String address;
  private final Admission admission;
  private final LoopWaker waker;
  private final AtomicBoolean waking = new AtomicBoolean();

  private State state = State.CONNECTING;
  private boolean left;
  private volatile @Nullable Principal principal;
  private @Nullable Login login;
  private @Nullable Conversation conversation;
  private @Nullable Will will;

  /// Answers that wait for the disk.
  private int owed;

  private long keepAliveNanos;
  private long lastRead = System.nanoTime();
  private @Nullable Future<?> timer;

  /// @param address of the client, without port
  Connection(Broker broker, Transport transport, Door door, String address) {
    this.broker = broker;
    this.transport = transport;
    this.door = door;
    this.address = address;
    this.admission = new Admission(broker, address);
    this.waker = broker.waker(transport.loop());
  }

  private enum State {
    CONNECTING,
    AUTHENTICATING,
    OPEN,
    /// Nothing is read or answered any more.
    ENDED
  }

  /// Starts the time that the client has to say who it is.
  void start() {
    if (!admission.enter()) {
      end(Packets.SERVER_BUSY);
      return;
    }
    timer =
        transport.schedule(
            () -> {
              Login asked = login;
              if (state == State.AUTHENTICATING && asked != null) {
                // It said who it is; what does not come in time is ours.
                refuse(asked.unavailable());
              } else if (!admission.known()) {
                LOG.debug("{}: no login in time", address);
                end(Packets.NOT_AUTHORIZED);
              }
            },
            broker.settings().connectTimeout().toMillis());
  }

  @Nullable Principal principal() {
    return principal;
  }

  Transport transport() {
    return transport;
  }

  /// Whether it is logged in and not over.
  boolean open() {
    return state == State.OPEN;
  }

  /// Puts the end for silence off.
  void heard() {
    lastRead = System.nanoTime();
  }

  private Principal who() {
    Principal present = principal;
    return present == null ? new Principal.Anonymous(address) : present;
  }

  // ---- from the transport

  @Override
  public void received(MqttMessage packet) {
    if (state == State.ENDED) {
      return;
    }
    Conversation open = state == State.OPEN ? conversation : null;
    try {
      if (packet.decoderResult().isFailure()) {
        broken(packet);
      } else if (open != null) {
        open.received(packet);
      } else if (state == State.CONNECTING && packet instanceof MqttConnectMessage connect) {
        connect(connect);
      } else {
        end(Packets.PROTOCOL_ERROR);
      }
    } catch (RuntimeException e) {
      LOG.error("a packet from {} failed", address, e);
      broker.meters().dropped("failed");
      end(Packets.UNSPECIFIED);
    }
  }

  @Override
  public void readComplete() {
    heard();
    work();
  }

  @Override
  public void drained() {
    work();
    Conversation present = conversation;
    if (present != null) {
      present.inbound().relax();
    }
  }

  @Override
  public void closed() {
    state = State.ENDED;
    leave();
  }

  /// After [#wake], on the event loop.
  void woken() {
    waking.set(false);
    try {
      work();
    } catch (RuntimeException e) {
      LOG.error("connection of {} failed", address, e);
      broker.meters().dropped("failed");
      end(Packets.UNSPECIFIED);
    }
  }

  private void work() {
    Conversation present = conversation;
    if (present == null) {
      return;
    }
    present.inbound().settle();
    if (state == State.OPEN) {
      present.session().outbox().drain(broker.clock().millis());
      transport.flush();
    }
  }

  // ---- from other threads

  /// Makes the session look at its receipts and its outbox soon.
  void wake() {
    if (waking.compareAndSet(false, true)) {
      waker.add(this);
    }
  }

  /// Answers a message that came on an older connection.
  void replySoon(int firstByte, int id) {
    transport.execute(
        () -> {
          if (state == State.OPEN) {
            reply(firstByte, id);
            transport.flush();
          }
        });
  }

  void endSoon(int reason) {
    transport.execute(() -> end(reason));
  }

  // ---- login

  private void connect(MqttConnectMessage packet) {
    Login asked = Login.of(packet);
    MqttConnectReturnCode fault = asked.fault(broker.settings());
    if (fault != null) {
      refuse(fault);
      return;
    }
    login = asked;
    will = asked.will();
    state = State.AUTHENTICATING;
    transport.pause();
    if (!asked.anonymous() || transport.certificate() != null) {
      authenticate(asked);
    } else if (broker.settings().anonymous() && door == Door.PLAIN) {
      Principal who = new Principal.Anonymous(address);
      enter(who);
      granted(who, asked);
    } else {
      broker.meters().refusedLogin();
      refuse(asked.notAuthorized());
    }
  }

  private void authenticate(Login asked) {
    long revocations = broker.revocations();
    asked
        .check(broker.authenticator(), transport.certificate(), address)
        .whenComplete(
            (outcome, failure) ->
                transport.execute(
                    () -> {
                      if (state != State.AUTHENTICATING) {
                        return;
                      }
                      if (failure != null) {
                        LOG.warn("login of {} from {} failed", asked.userName(), address, failure);
                        refuse(asked.unavailable());
                      } else {
                        authenticated(asked, outcome, revocations);
                      }
                    }));
  }

  private void authenticated(Login asked, Authenticator.Outcome outcome, long revocations) {
    switch (outcome) {
      case Authenticator.Outcome.Granted(Principal who) when !admission.count(who) -> {
        broker.meters().dropped("too_many_of_device");
        refuse(asked.tooOften());
      }
      case Authenticator.Outcome.Granted(Principal who) -> {
        enter(who);
        if (broker.revocations() == revocations) {
          granted(who, asked);
        } else {
          // A credential was revoked meanwhile, perhaps this one.
          authenticate(asked);
        }
      }
      case Authenticator.Outcome.Denied _, Authenticator.Outcome.Inactive _ -> {
        broker.meters().refusedLogin();
        refuse(asked.wrongCredentials());
      }
      case Authenticator.Outcome.Throttled _ -> {
        broker.meters().refusedLogin();
        refuse(asked.tooOften());
      }
    }
  }

  private void refuse(MqttConnectReturnCode code) {
    transport.write(Packets.connAck(code, false, MqttProperties.NO_PROPERTIES));
    state = State.ENDED;
    will = null;
    // First, so that a client that sees the end and tries again finds nothing of this.
    leave();
    transport.close();
  }

  private void enter(Principal who) {
    principal = who;
    broker.enter(this);
  }

  private void granted(Principal who, Login asked) {
    Inbound.Allowed allowed = new Inbound.Allowed(who, broker.access(who, asked.clientId()));
    broker
        .sessions()
        .open(
            this,
            asked,
            allowed,
            opened -> transport.execute(() -> opened(allowed, asked, opened)));
  }

  private void opened(Inbound.Allowed allowed, Login asked, Sessions.Opened opened) {
    Session mine = opened.session();
    if (state != State.AUTHENTICATING) {
      // It ended while it waited; what was attached to it is given back.
      broker.sessions().left(mine, this, null);
      return;
    }
    Inbound inbound = new Inbound(broker, this, mine, asked, allowed);
    conversation = new Conversation(broker, this, mine, inbound, asked.version5());
    whenSaved(
        opened.saved(),
        () -> welcome(allowed.who(), asked, opened),
        () -> {
          if (state == State.AUTHENTICATING) {
            refuse(asked.unavailable());
          }
        });
  }

  private void welcome(Principal who, Login asked, Sessions.Opened opened) {
    if (state != State.AUTHENTICATING) {
      return;
    }
    state = State.OPEN;
    opened.session().markKnown();
    admission.nowKnown();
    Welcome welcome = Welcome.of(broker.settings(), asked, opened);
    transport.write(welcome.packet());
    transport.flush();
    transport.resume();
    wake();
    LOG.debug("{} connected from {} as {}", who.name(), address, asked.clientId());
    // Half as long again as was agreed, as MQTT says.
    keepAliveNanos = TimeUnit.SECONDS.toNanos(welcome.keepAlive()) * 3 / 2;
    heard();
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    if (keepAliveNanos > 0) {
      watch(keepAliveNanos);
    }
  }

  /// Runs what may only be said once something is on the disk; ends the connection when it cannot
  /// be written.
  ///
  /// @param saved null for nothing to wait for
  void whenSaved(@Nullable CompletableFuture<Void> saved, Runnable then) {
    whenSaved(saved, then, () -> end(Packets.SERVER_BUSY));
  }

  private void whenSaved(
      @Nullable CompletableFuture<Void> saved, Runnable then, Runnable otherwise) {
    if (saved == null || saved.state() == Future.State.SUCCESS) {
      then.run();
      return;
    }
    owed++;
    saved.whenComplete(
        (_, failure) ->
            transport.execute(
                () -> {
                  owed--;
                  if (failure == null) {
                    then.run();
                    drained();
                  } else {
                    otherwise.run();
                  }
                }));
  }

  /// Whether so many answers wait for the disk that no more questions are taken.
  boolean owesMuch() {
    return owed > MOST_OWED;
  }

  private void watch(long nanos) {
    timer =
        transport.schedule(
            () -> {
              if (state != State.OPEN) {
                return;
              }
              long left = lastRead + keepAliveNanos - System.nanoTime();
              Conversation present = conversation;
              if (present != null && present.inbound().paused()) {
                // We do not read, so silence says nothing.
                watch(keepAliveNanos);
              } else if (left > 0) {
                watch(left);
              } else {
                LOG.debug("{}: silent for too long", principal);
                end(Packets.KEEP_ALIVE_TIMEOUT);
              }
            },
            TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
  }

  void reply(int firstByte, int id) {
    transport.write(transport.alloc().ioBuffer(4).writeByte(firstByte).writeByte(2).writeShort(id));
  }

  // ---- the end

  /// The client says goodbye.
  void disconnected(MqttMessage packet, Session present) {
    if (packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header) {
      long expiry =
          PublishProperties.unsigned(
              header.properties(), MqttProperties.SESSION_EXPIRY_INTERVAL, -1);
      if (expiry >= 0 && !broker.sessions().expire(present, expiry)) {
        end(Packets.PROTOCOL_ERROR);
        return;
      }
      if (header.reasonCode() == Packets.SUCCESS) {
        will = null;
      }
    } else {
      will = null;
    }
    state = State.ENDED;
    // First, so that a client that sees the end finds its session as it left it.
    leave();
    transport.close();
  }

  private void broken(MqttMessage packet) {
    DecoderResult result = packet.decoderResult();
    Throwable cause = result.cause();
    LOG.debug("{}: packet not understood", address, cause);
    broker.meters().dropped("malformed");
    if (cause instanceof MqttUnacceptableProtocolVersionException) {
      refuse(MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION);
    } else if (cause instanceof MqttIdentifierRejectedException) {
      refuse(MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED);
    } else if (cause instanceof TooLongFrameException) {
      tooLarge(packet);
    } else {
      end(Packets.MALFORMED_PACKET);
    }
  }

  private void tooLarge(MqttMessage packet) {
    if (state == State.OPEN) {
      String topic =
          packet.variableHeader() instanceof MqttPublishVariableHeader header
              ? header.topicName()
              : "";
      int size = packet.fixedHeader() == null ? 0 : packet.fixedHeader().remainingLength();
      broker
          .inbox()
          .refuse(
              RawMessage.of(Origin.MQTT, topic, new byte[0], broker.clock().instant(), who()),
              new Rejection(
                  Rejection.Reason.TOO_LARGE,
                  Text.of(
                      "mqtt.packet_too_large",
                      Integer.toString(size),
                      Integer.toString(broker.settings().maxPacketBytes()))));
    }
    end(Packets.TOO_LARGE);
  }

  void end(int reason) {
    if (state == State.ENDED) {
      return;
    }
    Conversation open = state == State.OPEN ? conversation : null;
    state = State.ENDED;
    if (open != null) {
      if (open.version5()) {
        transport.write(Packets.disconnect(reason));
      }
      transport.closeSlowly();
    } else {
      transport.close();
    }
    leave();
  }

  /// Takes the session out of everything that the broker knows; once.
  private void leave() {
    if (left) {
      return;
    }
    left = true;
    admission.leave();
    if (timer != null) {
      timer.cancel(false);
    }
    broker.leave(this);
    Will last = will;
    will = null;
    Conversation present = conversation;
    if (present == null) {
      broker.sessions().gaveUp(this);
      return;
    }
    Will atOnce = broker.sessions().left(present.session(), this, last);
    if (atOnce != null) {
      present.inbound().arrive(atOnce);
    }
  }
}
