package io.vatio.protocol.mqtt;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttIdentifierRejectedException;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client on one socket: its login, what it sends, its keep-alive and its end.
///
/// Lives on the event loop of its transport. Other threads only [#wake] it or ask it to end.
final class Connection implements Transport.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  private static final Authenticator.Outcome DENIED = new Authenticator.Outcome.Denied();

  private static final int MOST_OWED = 100;

  private final Broker broker;
  private final Transport transport;
  private final Door door;
  private final String address;
  private final LoopWaker waker;
  private final AtomicBoolean waking = new AtomicBoolean();

  private State state = State.CONNECTING;
  private boolean left;
  private boolean known;

  /// Whether its address counts it.
  private boolean admitted;

  /// The device whose connections count it, 0 for none.
  private long counted;

  private @Nullable Login login;
  private volatile @Nullable Principal principal;
  private @Nullable Session session;
  private @Nullable Inbound inbound;
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
    broker.meters().connections().incrementAndGet();
    admitted = broker.addresses().enter(address, System.nanoTime());
    if (!admitted) {
      broker.meters().unknown().incrementAndGet();
      broker.meters().dropped("too_many_of_address");
      end(Packets.SERVER_BUSY);
      return;
    }
    if (broker.meters().unknown().incrementAndGet() > broker.settings().maxUnknown()
        || broker.meters().connections().get() > broker.settings().maxConnections()) {
      broker.meters().dropped("too_many_connections");
      end(Packets.SERVER_BUSY);
      return;
    }
    timer =
        transport.schedule(
            () -> {
              if (!known) {
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
    try {
      if (packet.decoderResult().isFailure()) {
        broken(packet);
      } else if (state == State.OPEN) {
        handle(packet);
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
    Inbound coming = inbound;
    if (coming != null) {
      coming.relax();
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
    Inbound coming = inbound;
    if (coming != null) {
      coming.settle();
    }
    Session present = session;
    if (state == State.OPEN && present != null) {
      present.outbox().drain(broker.clock().millis());
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
    login = asked;
    MqttConnectReturnCode fault = asked.fault(broker.settings());
    if (fault != null) {
      refuse(fault);
      return;
    }
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
    check(asked)
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

  /// A certificate decides by itself; a name beside it must be the same device's.
  private CompletableFuture<Authenticator.Outcome> check(Login asked) {
    Authenticator authenticator = broker.authenticator();
    X509Certificate shown = transport.certificate();
    return shown == null
        ? authenticator.password(asked.userName(), asked.secret(), address)
        : authenticator
            .certificate(shown, address)
            .thenApply(outcome -> isNamed(outcome, asked) ? outcome : DENIED);
  }

  private static boolean isNamed(Authenticator.Outcome outcome, Login asked) {
    String name = asked.userName();
    return name.isEmpty()
        || (outcome instanceof Authenticator.Outcome.Granted(Principal.Device device)
            && (name.equals(device.name()) || name.equals(device.serial())));
  }

  private void authenticated(Login asked, Authenticator.Outcome outcome, long revocations) {
    switch (outcome) {
      case Authenticator.Outcome.Granted(Principal who) when !count(who) -> {
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
      case Authenticator.Outcome.Denied() -> {
        broker.meters().refusedLogin();
        refuse(asked.wrongCredentials());
      }
      case Authenticator.Outcome.Throttled _ -> {
        broker.meters().refusedLogin();
        refuse(asked.tooOften());
      }
    }
  }

  /// Counts a connection of a device, once; false when it has too many.
  private boolean count(Principal who) {
    if (who instanceof Principal.Device device && counted == 0) {
      if (!broker.devices().take(device.id())) {
        return false;
      }
      counted = device.id();
    }
    return true;
  }

  private void refuse(MqttConnectReturnCode code) {
    transport.write(Packets.connAck(code, false, MqttProperties.NO_PROPERTIES));
    state = State.ENDED;
    will = null;
    transport.close();
    leave();
  }

  private void enter(Principal who) {
    principal = who;
    broker.enter(this);
  }

  private void granted(Principal who, Login asked) {
    Inbound.Allowed allowed =
        new Inbound.Allowed(who, TopicAccess.of(who, asked.clientId(), broker.inbox()::wants));
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
    session = mine;
    inbound = new Inbound(broker, this, mine, asked, allowed);
    whenSaved(opened.saved(), () -> welcome(allowed.who(), asked, opened));
  }

  private void welcome(Principal who, Login asked, Sessions.Opened opened) {
    if (state != State.AUTHENTICATING) {
      return;
    }
    state = State.OPEN;
    nowKnown();
    int keepAlive = keepAlive(asked);
    transport.write(
        Packets.connAck(
            MqttConnectReturnCode.CONNECTION_ACCEPTED,
            opened.present(),
            asked.version5()
                ? promises(asked, keepAlive, opened.session())
                : MqttProperties.NO_PROPERTIES));
    transport.flush();
    transport.resume();
    wake();
    LOG.debug("{} connected from {} as {}", who.name(), address, asked.clientId());
    // Half as long again as was agreed, as MQTT says.
    keepAliveNanos = TimeUnit.SECONDS.toNanos(keepAlive) * 3 / 2;
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
                    end(Packets.SERVER_BUSY);
                  }
                }));
  }

  /// Whether so many answers wait for the disk that no more questions are taken.
  boolean owesMuch() {
    return owed > MOST_OWED;
  }

  private MqttProperties promises(Login asked, int keepAlive, Session mine) {
    MqttProperties properties = new MqttProperties();
    number(properties, MqttProperties.RECEIVE_MAXIMUM, broker.settings().receiveMaximum());
    number(properties, MqttProperties.MAXIMUM_PACKET_SIZE, broker.settings().maxPacketBytes());
    number(properties, MqttProperties.TOPIC_ALIAS_MAXIMUM, Inbound.TOPIC_ALIASES);
    if (asked.expirySeconds() != mine.expirySeconds()) {
      number(properties, MqttProperties.SESSION_EXPIRY_INTERVAL, (int) mine.expirySeconds());
    }
    if (keepAlive != asked.keepAlive()) {
      number(properties, MqttProperties.SERVER_KEEP_ALIVE, keepAlive);
    }
    if (asked.assigned()) {
      properties.add(
          new StringProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER, asked.clientId()));
    }
    return properties;
  }

  /// MQTT 5 lets the server shorten it; older clients get what they ask for.
  private int keepAlive(Login asked) {
    int longest = broker.settings().keepAliveMax();
    int wanted = asked.keepAlive();
    return asked.version5() && longest > 0 && (wanted == 0 || wanted > longest) ? longest : wanted;
  }

  private static void number(MqttProperties properties, int id, int value) {
    properties.add(new IntegerProperty(id, value));
  }

  private void nowKnown() {
    if (!known) {
      known = true;
      broker.meters().unknown().decrementAndGet();
      if (admitted) {
        broker.addresses().known(address);
      }
    }
  }

  private void watch(long nanos) {
    timer =
        transport.schedule(
            () -> {
              if (state != State.OPEN) {
                return;
              }
              long left = lastRead + keepAliveNanos - System.nanoTime();
              if (inbound != null && inbound.paused()) {
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

  // ---- packets of an open session

  private void handle(MqttMessage packet) {
    Inbound coming = inbound;
    Session present = session;
    Login asked = login;
    if (coming == null || present == null || asked == null) {
      throw new IllegalStateException("not logged in");
    }
    Outbox outbox = present.outbox();
    switch (packet.fixedHeader().messageType()) {
      case PUBLISH -> coming.published((MqttPublishMessage) packet);
      case PUBACK -> outbox.done(packetId(packet));
      case PUBREC -> pubRec(packet, outbox, asked.version5());
      case PUBREL -> coming.pubRel(packetId(packet));
      case PUBCOMP -> outbox.done(packetId(packet));
      case SUBSCRIBE -> {
        MqttSubscribeMessage asks = (MqttSubscribeMessage) packet;
        coming.asked(asks.payload().topicSubscriptions().size());
        subscribe(asks, present);
      }
      case UNSUBSCRIBE -> unsubscribe((MqttUnsubscribeMessage) packet, present, asked.version5());
      case PINGREQ -> transport.write(MqttMessage.PINGRESP);
      case DISCONNECT -> disconnected(packet, present);
      case CONNECT, CONNACK, SUBACK, UNSUBACK, PINGRESP, AUTH -> end(Packets.PROTOCOL_ERROR);
    }
    coming.throttle();
  }

  private static int packetId(MqttMessage packet) {
    return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
  }

  private void pubRec(MqttMessage packet, Outbox outbox, boolean version5) {
    int id = packetId(packet);
    boolean refused =
        packet.variableHeader() instanceof MqttPubReplyMessageVariableHeader header
            && (header.reasonCode() & 0xff) >= 0x80;
    Delivery delivery = refused ? null : outbox.received(id);
    if (refused) {
      outbox.done(id);
    } else if (delivery != null && delivery.kept != null) {
      // Were this forgotten, a client that has let go of the id would get the message twice.
      whenSaved(broker.store().released(delivery), () -> reply(Packets.PUBREL, id));
    } else if (delivery != null || !version5) {
      reply(Packets.PUBREL, id);
    } else {
      transport.write(Packets.acknowledgement(Packets.PUBREL, id, Packets.ID_NOT_FOUND, null));
    }
  }

  void reply(int firstByte, int id) {
    transport.write(transport.alloc().ioBuffer(4).writeByte(firstByte).writeByte(2).writeShort(id));
  }

  // ---- subscriptions

  private void subscribe(MqttSubscribeMessage packet, Session present) {
    int identifier =
        PublishProperties.integer(
            packet.idAndPropertiesVariableHeader().properties(),
            MqttProperties.SUBSCRIPTION_IDENTIFIER,
            0);
    List<MqttTopicSubscription> wanted = packet.payload().topicSubscriptions();
    boolean selfish =
        wanted.stream().anyMatch(w -> Session.isShared(w.topicFilter()) && w.option().isNoLocal());
    if (wanted.isEmpty() || selfish) {
      end(Packets.PROTOCOL_ERROR);
      return;
    }
    List<Integer> codes = new ArrayList<>(wanted.size());
    // Each filter once, however often it is named: looking for what it matches takes time.
    Map<String, Runnable> replays = new LinkedHashMap<>();
    for (MqttTopicSubscription subscription : wanted) {
      codes.add(
          present.subscribe(
              subscription.topicFilter(),
              subscription.option(),
              identifier,
              (filter, granted) -> replays.put(filter, () -> replay(present, filter, granted))));
    }
    int id = packet.variableHeader().messageId();
    whenSaved(
        present.saving(),
        () -> {
          if (state == State.OPEN) {
            transport.write(Packets.subAck(id, codes));
            replays.values().forEach(Runnable::run);
          }
        });
  }

  private void replay(Session present, String filter, Subscription subscription) {
    // One packet may hold ten thousand filters; the first few were already too much.
    if (state == State.OPEN && !present.replay(filter, subscription)) {
      broker.meters().slowSubscriber();
      end(Packets.QUOTA_EXCEEDED);
    }
  }

  private void unsubscribe(MqttUnsubscribeMessage packet, Session present, boolean version5) {
    if (packet.payload().topics().isEmpty()) {
      end(Packets.PROTOCOL_ERROR);
      return;
    }
    List<Short> codes = new ArrayList<>();
    for (String filter : packet.payload().topics()) {
      codes.add((short) (present.unsubscribe(filter) ? Packets.SUCCESS : Packets.NO_SUBSCRIPTION));
    }
    int id = packet.variableHeader().messageId();
    whenSaved(
        present.saving(),
        () -> {
          if (state == State.OPEN) {
            transport.write(Packets.unsubAck(id, version5, codes));
          }
        });
  }

  // ---- the end

  private void disconnected(MqttMessage packet, Session present) {
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
    boolean open = state == State.OPEN;
    state = State.ENDED;
    if (open) {
      if (login != null && login.version5()) {
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
    nowKnown();
    broker.meters().connections().decrementAndGet();
    if (admitted) {
      broker.addresses().leave(address);
    }
    if (counted != 0) {
      broker.devices().give(counted);
    }
    if (timer != null) {
      timer.cancel(false);
    }
    broker.leave(this);
    Will last = will;
    will = null;
    Session present = session;
    Inbound coming = inbound;
    if (present == null || coming == null) {
      broker.sessions().gaveUp(this);
      return;
    }
    Will atOnce = broker.sessions().left(present, this, last);
    if (atOnce != null) {
      coming.arrive(atOnce);
    }
  }
}
