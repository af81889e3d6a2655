package io.vatio.protocol.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
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
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnacceptableProtocolVersionException;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.vatio.ingest.Origin;
import io.vatio.ingest.RawMessage;
import io.vatio.ingest.Receipt;
import io.vatio.ingest.Rejection;
import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Text;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client, from its first byte until everything that it sent is committed and routed.
///
/// Lives on the event loop of its transport. Other threads only [#wake] it, [#offer] messages to it
/// or ask it to end. What it published waits in the order of arrival: the committing thread notes a
/// receipt at each, wakes the session once, and the session answers all that are ready with one
/// flush. A session that has gone still routes what gets committed; nobody hears the answer.
final class MqttSession implements Transport.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(MqttSession.class);

  private static final Receipt ROUTED = new Receipt.Stored(0);

  private static final int CLIENT_ID_LENGTH = 256;
  private static final int USER_NAME_LENGTH = 256;
  private static final int PASSWORD_BYTES = 4_096;
  private static final int TOPICS_KNOWN = 512;
  private static final int TOPIC_ALIASES = 32;
  private static final int OUTBOUND_WINDOW = 1_000;

  /// Seconds. The HTTP server ends connections on which nothing happens for longer.
  private static final int WEB_SOCKET_KEEP_ALIVE = 120;

  private static final int REASON_TEXT_LENGTH = 500;

  private final Broker broker;
  private final Transport transport;
  private final Door door;
  private final String address;
  private final Outbox outbox;
  private final LoopWaker waker;
  private final AtomicBoolean waking = new AtomicBoolean();

  private State state = State.CONNECTING;
  private boolean left;
  private boolean known;
  private boolean version5;
  private boolean tellsReasons = true;
  private String clientId = "";
  private volatile @Nullable Principal principal;
  private Broker.@Nullable Key key;
  private @Nullable TopicAccess access;
  private long client;
  private @Nullable Will will;
  private final Map<String, Subscription> subscriptions = new HashMap<>(4);

  private final Map<String, PublishTopic> topics = new HashMap<>();
  private String @Nullable [] aliases;
  private final ArrayDeque<Arrival> arrivals = new ArrayDeque<>();
  private long pendingBytes;
  private int unacknowledged;
  private boolean paused;
  private boolean waitsForBudget;

  /// Packet ids of QoS 2 messages that the client has not released, and those among them that are
  /// committed.
  private @Nullable BitSet received2;

  private @Nullable BitSet stored2;

  private long keepAliveNanos;
  private long lastRead = System.nanoTime();
  private @Nullable Future<?> timer;

  /// @param address of the client, without port
  MqttSession(Broker broker, Transport transport, Door door, String address) {
    this.broker = broker;
    this.transport = transport;
    this.door = door;
    this.address = address;
    this.outbox = new Outbox(transport, broker.meters(), broker.settings());
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
        throttle();
      } else if (state == State.CONNECTING && packet instanceof MqttConnectMessage connect) {
        connect(connect);
      } else {
        end(Packets.PROTOCOL_ERROR);
      }
    } catch (RuntimeException e) {
      LOG.error("{} from {} failed", packet.fixedHeader().messageType(), address, e);
      end(Packets.UNSPECIFIED);
    }
  }

  @Override
  public void readComplete() {
    lastRead = System.nanoTime();
    work();
  }

  @Override
  public void drained() {
    work();
    relax();
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
      LOG.error("{} of {} failed", clientId, address, e);
      end(Packets.UNSPECIFIED);
    }
  }

  private void work() {
    settle();
    if (state == State.OPEN) {
      outbox.drain(broker.clock().millis());
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

  /// Puts a message in the outbox; a client that does not take what must not be lost is ended.
  void offer(Outbox.Delivery delivery) {
    if (outbox.offer(delivery)) {
      wake();
    } else {
      outbox.close();
      broker.meters().slowSubscriber();
      endSoon(Packets.QUOTA_EXCEEDED);
    }
  }

  void endSoon(int reason) {
    transport.execute(() -> end(reason));
  }

  // ---- login

  private void connect(MqttConnectMessage packet) {
    MqttConnectVariableHeader header = packet.variableHeader();
    MqttConnectPayload payload = packet.payload();
    MqttProperties properties = header.properties();
    version5 = header.version() == 5;
    clientId = payload.clientIdentifier() == null ? "" : payload.clientIdentifier();
    boolean assigned = clientId.isEmpty();
    if (assigned) {
      clientId = "vatio-" + UUID.randomUUID();
    }
    MqttConnectReturnCode fault = fault(header, payload, assigned);
    if (fault != null) {
      refuse(fault);
      return;
    }
    if (header.isWillFlag()) {
      will =
          new Will(
              payload.willTopic(),
              payload.willMessageInBytes(),
              header.willQos(),
              header.isWillRetain(),
              payload.willProperties());
    }
    tellsReasons =
        PublishProperties.integer(properties, MqttProperties.REQUEST_PROBLEM_INFORMATION, 1) != 0;
    outbox.open(
        version5,
        Math.min(
            OUTBOUND_WINDOW,
            PublishProperties.integer(properties, MqttProperties.RECEIVE_MAXIMUM, 65_535)),
        PublishProperties.integer(
            properties, MqttProperties.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE));
    state = State.AUTHENTICATING;
    transport.pause();
    Welcome welcome =
        new Welcome(
            assigned,
            header.keepAliveTimeSeconds(),
            PublishProperties.integer(properties, MqttProperties.SESSION_EXPIRY_INTERVAL, 0) != 0);
    if (!header.hasUserName() && !header.hasPassword()) {
      if (broker.settings().anonymous() && door == Door.PLAIN) {
        granted(new Principal.Anonymous(address), welcome);
      } else {
        broker.meters().refusedLogin();
        refuse(
            version5
                ? MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5
                : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED);
      }
      return;
    }
    byte[] secret = payload.passwordInBytes();
    authenticate(
        payload.userName() == null ? "" : payload.userName(),
        secret == null ? "" : new String(secret, StandardCharsets.UTF_8),
        welcome);
  }

  /// What is wrong with a CONNECT that the decoder accepted, null for nothing.
  private @Nullable MqttConnectReturnCode fault(
      MqttConnectVariableHeader header, MqttConnectPayload payload, boolean assigned) {
    boolean badId =
        clientId.length() > CLIENT_ID_LENGTH
            || clientId.indexOf(0) >= 0
            || (assigned && !version5 && !header.isCleanSession());
    if (badId) {
      return version5
          ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED;
    }
    boolean badCredentials =
        (payload.userName() != null && payload.userName().length() > USER_NAME_LENGTH)
            || (payload.passwordInBytes() != null
                && payload.passwordInBytes().length > PASSWORD_BYTES);
    if (badCredentials) {
      return wrongCredentials();
    }
    MqttSettings settings = broker.settings();
    if (header.isWillFlag()
        && (header.willQos() > 2
            || !Topics.isName(
                payload.willTopic(), settings.topicLength(), settings.topicLevels()))) {
      return version5
          ? MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED;
    }
    if (header.properties().getProperty(MqttProperties.AUTHENTICATION_METHOD) != null) {
      return MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD;
    }
    boolean zero =
        PublishProperties.integer(header.properties(), MqttProperties.RECEIVE_MAXIMUM, 1) == 0
            || PublishProperties.integer(header.properties(), MqttProperties.MAXIMUM_PACKET_SIZE, 1)
                == 0;
    return zero ? MqttConnectReturnCode.CONNECTION_REFUSED_PROTOCOL_ERROR : null;
  }

  private MqttConnectReturnCode wrongCredentials() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD
        : MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD;
  }

  private void authenticate(String name, String secret, Welcome welcome) {
    long revocations = broker.revocations();
    broker
        .authenticator()
        .password(name, secret, address)
        .whenComplete(
            (outcome, failure) ->
                transport.execute(
                    () -> {
                      if (state != State.AUTHENTICATING) {
                        return;
                      }
                      if (failure != null) {
                        LOG.warn("login of {} from {} failed", name, address, failure);
                        refuse(unavailable());
                        return;
                      }
                      switch (outcome) {
                        case Authenticator.Outcome.Granted(Principal who) -> {
                          enter(who);
                          if (broker.revocations() == revocations) {
                            granted(who, welcome);
                          } else {
                            // A credential was revoked meanwhile, perhaps this one.
                            authenticate(name, secret, welcome);
                          }
                        }
                        case Authenticator.Outcome.Denied() -> {
                          broker.meters().refusedLogin();
                          refuse(wrongCredentials());
                        }
                        case Authenticator.Outcome.Throttled _ -> {
                          broker.meters().refusedLogin();
                          refuse(
                              version5
                                  ? MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED
                                  : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE);
                        }
                      }
                    }));
  }

  private MqttConnectReturnCode unavailable() {
    return version5
        ? MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5
        : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE;
  }

  private void refuse(MqttConnectReturnCode code) {
    transport.write(Packets.connAck(code, MqttProperties.NO_PROPERTIES));
    state = State.ENDED;
    will = null;
    transport.close();
    leave();
  }

  private void enter(Principal who) {
    principal = who;
    Broker.Key entered = Broker.Key.of(who, clientId);
    key = entered;
    broker.enter(entered, this);
  }

  private void granted(Principal who, Welcome welcome) {
    if (key == null) {
      enter(who);
    }
    client = Fingerprint.of(String.valueOf(key));
    access = TopicAccess.of(who, clientId, broker.inbox()::wants);
    state = State.OPEN;
    nowKnown();
    int keepAlive = keepAlive(welcome.keepAlive());
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (version5) {
      properties = new MqttProperties();
      number(properties, MqttProperties.RECEIVE_MAXIMUM, broker.settings().receiveMaximum());
      number(properties, MqttProperties.MAXIMUM_PACKET_SIZE, broker.settings().maxPacketBytes());
      number(properties, MqttProperties.TOPIC_ALIAS_MAXIMUM, TOPIC_ALIASES);
      number(properties, MqttProperties.SHARED_SUBSCRIPTION_AVAILABLE, 0);
      if (welcome.wantsSession()) {
        number(properties, MqttProperties.SESSION_EXPIRY_INTERVAL, 0);
      }
      if (keepAlive != welcome.keepAlive()) {
        number(properties, MqttProperties.SERVER_KEEP_ALIVE, keepAlive);
      }
      if (welcome.assigned()) {
        properties.add(new StringProperty(MqttProperties.ASSIGNED_CLIENT_IDENTIFIER, clientId));
      }
    }
    transport.write(Packets.connAck(MqttConnectReturnCode.CONNECTION_ACCEPTED, properties));
    transport.flush();
    transport.resume();
    LOG.debug("{} connected from {} as {}", who.name(), address, clientId);
    // Half as long again as was agreed, as MQTT says.
    keepAliveNanos = TimeUnit.SECONDS.toNanos(keepAlive) * 3 / 2;
    lastRead = System.nanoTime();
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
    if (keepAliveNanos > 0) {
      watch(keepAliveNanos);
    }
  }

  /// MQTT 5 lets the server shorten it; older clients get what they ask for.
  private int keepAlive(int asked) {
    int longest =
        door == Door.WEB_SOCKET
            ? Math.min(WEB_SOCKET_KEEP_ALIVE, broker.settings().keepAliveMax())
            : broker.settings().keepAliveMax();
    return version5 && longest > 0 && (asked == 0 || asked > longest) ? longest : asked;
  }

  private static void number(MqttProperties properties, int id, int value) {
    properties.add(new IntegerProperty(id, value));
  }

  private void nowKnown() {
    if (!known) {
      known = true;
      broker.meters().unknown().decrementAndGet();
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
              if (paused) {
                // We do not read, so silence says nothing.
                watch(keepAliveNanos);
              } else if (left > 0) {
                watch(left);
              } else {
                LOG.debug("{}: silent for too long", clientId);
                end(Packets.KEEP_ALIVE_TIMEOUT);
              }
            },
            TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
  }

  // ---- packets of an open session

  private void handle(MqttMessage packet) {
    switch (packet.fixedHeader().messageType()) {
      case PUBLISH -> published((MqttPublishMessage) packet);
      case PUBACK -> outbox.done(packetId(packet));
      case PUBREC -> pubRec(packet);
      case PUBREL -> pubRel(packetId(packet));
      case PUBCOMP -> outbox.done(packetId(packet));
      case SUBSCRIBE -> subscribe((MqttSubscribeMessage) packet);
      case UNSUBSCRIBE -> unsubscribe((MqttUnsubscribeMessage) packet);
      case PINGREQ -> transport.write(MqttMessage.PINGRESP);
      case DISCONNECT -> disconnected(packet);
      case CONNECT, CONNACK, SUBACK, UNSUBACK, PINGRESP, AUTH -> end(Packets.PROTOCOL_ERROR);
    }
  }

  private static int packetId(MqttMessage packet) {
    return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
  }

  private void published(MqttPublishMessage packet) {
    MqttPublishVariableHeader header = packet.variableHeader();
    MqttProperties properties = header.properties();
    int qos = packet.fixedHeader().qosLevel().value();
    int id = qos == 0 ? 0 : header.packetId();
    String name = topicName(header.topicName(), properties);
    if (name == null) {
      return;
    }
    broker.meters().received();
    if (qos == 2 && !firstTime(id)) {
      return;
    }
    if (qos > 0 && version5 && ++unacknowledged > broker.settings().receiveMaximum()) {
      end(Packets.RECEIVE_MAXIMUM_EXCEEDED);
      return;
    }
    PublishTopic topic = topic(name);
    arrive(
        new Arrival(
            this,
            topic,
            ByteBufUtil.getBytes(packet.payload()),
            qos,
            packet.fixedHeader().isRetain(),
            id,
            properties.isEmpty() ? null : PublishProperties.forwarded(properties),
            properties.isEmpty() ? Publication.FOREVER : broker.expiry(properties)),
        packet.fixedHeader().isDup());
  }

  /// The name that the packet means; null when it means none and the session is over.
  private @Nullable String topicName(String written, MqttProperties properties) {
    String name = written;
    if (!properties.isEmpty()) {
      if (properties.getProperty(MqttProperties.SUBSCRIPTION_IDENTIFIER) != null) {
        end(Packets.PROTOCOL_ERROR);
        return null;
      }
      if (properties.getProperty(MqttProperties.TOPIC_ALIAS) instanceof IntegerProperty alias) {
        int number = alias.value();
        if (number < 1 || number > TOPIC_ALIASES) {
          end(Packets.ALIAS_INVALID);
          return null;
        }
        String[] table = aliases;
        if (table == null) {
          table = new String[TOPIC_ALIASES + 1];
          aliases = table;
        }
        if (written.isEmpty()) {
          name = table[number];
          if (name == null) {
            end(Packets.PROTOCOL_ERROR);
            return null;
          }
        } else {
          table[number] = written;
        }
      }
    }
    if (!topics.containsKey(name)
        && !Topics.isName(name, broker.settings().topicLength(), broker.settings().topicLevels())) {
      end(Packets.TOPIC_INVALID);
      return null;
    }
    return name;
  }

  private PublishTopic topic(String name) {
    PublishTopic topic = topics.get(name);
    if (topic == null) {
      if (topics.size() >= TOPICS_KNOWN) {
        topics.clear();
      }
      TopicAccess rules = access;
      topic =
          new PublishTopic(
              name, rules != null && rules.mayPublish(name), broker.inbox().wants(name));
      topics.put(name, topic);
    }
    return topic;
  }

  /// Notes the id of a QoS 2 message; one that is known already is only answered again.
  private boolean firstTime(int id) {
    BitSet received = received2;
    BitSet stored = stored2;
    if (received == null || stored == null) {
      received = new BitSet();
      stored = new BitSet();
      received2 = received;
      stored2 = stored;
    }
    if (!received.get(id)) {
      received.set(id);
      return true;
    }
    if (stored.get(id)) {
      reply(Packets.PUBREC, id);
    }
    return false;
  }

  private void arrive(Arrival arrival, boolean redelivered) {
    arrivals.add(arrival);
    pendingBytes += arrival.payload.length;
    if (!broker.budget().take(arrival.payload.length) && !waitsForBudget) {
      waitsForBudget = true;
      broker
          .budget()
          .await(
              () ->
                  transport.execute(
                      () -> {
                        waitsForBudget = false;
                        relax();
                      }));
    }
    PublishTopic topic = arrival.topic;
    // An empty retained message is MQTT's way to forget one, not something measured.
    boolean forgets = arrival.retain && arrival.payload.length == 0;
    if (!topic.allowed) {
      broker.meters().denied();
      broker
          .inbox()
          .refuse(
              raw(arrival, redelivered),
              new Rejection(
                  Rejection.Reason.TOPIC_NOT_ALLOWED,
                  Text.of("mqtt.topic_not_allowed", topic.name)))
          .whenComplete(arrival);
    } else if (topic.ingest && !forgets) {
      broker.inbox().accept(raw(arrival, redelivered)).whenComplete(arrival);
    } else {
      arrival.receipt = ROUTED;
    }
  }

  private RawMessage raw(Arrival arrival, boolean redelivered) {
    return new RawMessage(
        Origin.MQTT,
        arrival.topic.name,
        arrival.payload,
        broker.clock().instant(),
        who(),
        arrival.packetId == 0
            ? 0
            : Fingerprint.delivery(
                client, arrival.packetId, arrival.topic.fingerprint, arrival.payload),
        redelivered);
  }

  private Principal who() {
    Principal present = principal;
    return present == null ? new Principal.Anonymous(address) : present;
  }

  /// Stops reading while too much waits for its commit, or while the client does not take our
  /// answers: they must not pile up here.
  private void throttle() {
    if (paused || state != State.OPEN) {
      return;
    }
    // An MQTT 5 client that goes past the window must be seen to do so.
    int most = broker.settings().receiveMaximum() + (version5 ? 1 : 0);
    if (waitsForBudget
        || !transport.writable()
        || arrivals.size() >= most
        || pendingBytes >= broker.settings().pendingBytes()) {
      paused = true;
      transport.pause();
    }
  }

  private void relax() {
    if (paused
        && state == State.OPEN
        && !waitsForBudget
        && transport.writable()
        && arrivals.size() <= broker.settings().receiveMaximum() / 2
        && pendingBytes <= broker.settings().pendingBytes() / 2) {
      paused = false;
      lastRead = System.nanoTime();
      transport.resume();
    }
  }

  /// Routes and answers what is decided, in the order of arrival.
  private void settle() {
    int count = 0;
    long bytes = 0;
    ByteBuf acks = null;
    for (Arrival head = arrivals.peek(); head != null && decided(head); head = arrivals.peek()) {
      arrivals.remove();
      count++;
      bytes += head.payload.length;
      if (head.packetId == 0 || state != State.OPEN) {
        continue;
      }
      Receipt receipt = head.receipt;
      int reason = reason(head, receipt);
      if (reason == Packets.SERVER_BUSY) {
        end(Packets.SERVER_BUSY);
        continue;
      }
      acknowledged(head, reason);
      int type = head.qos == 1 ? Packets.PUBACK : Packets.PUBREC;
      if (reason == Packets.SUCCESS || !version5) {
        if (acks == null) {
          acks = transport.alloc().ioBuffer(256);
        }
        acks.writeByte(type).writeByte(2).writeShort(head.packetId);
      } else {
        if (acks != null) {
          transport.write(acks);
          acks = null;
        }
        transport.write(Packets.acknowledgement(type, head.packetId, reason, reasonText(receipt)));
      }
    }
    if (acks != null) {
      if (state == State.OPEN) {
        transport.write(acks);
      } else {
        acks.release();
      }
    }
    if (count > 0) {
      pendingBytes -= bytes;
      broker.budget().give(count, bytes);
      relax();
    }
  }

  /// Whether a message can be answered now. Routes it when it is committed.
  private boolean decided(Arrival arrival) {
    Receipt receipt = arrival.receipt;
    if (receipt == null) {
      return false;
    }
    if (!arrival.routed) {
      arrival.routed = true;
      if (receipt instanceof Receipt.Stored || receipt instanceof Receipt.Duplicate) {
        route(arrival);
      }
    }
    CompletableFuture<?> kept = arrival.kept;
    return kept == null || arrival.qos == 0 || kept.isDone();
  }

  private void route(Arrival arrival) {
    Route[] routes = arrival.topic.routes(broker, this);
    if (routes.length == 0 && !arrival.retain) {
      return;
    }
    Publication publication = arrival.publication();
    if (arrival.retain) {
      var kept = broker.retained().put(publication);
      arrival.kept = kept;
      if (arrival.qos > 0 && !kept.isDone()) {
        kept.whenComplete((_, _) -> wake());
      }
    }
    broker.deliver(publication, routes);
  }

  private static int reason(Arrival arrival, @Nullable Receipt receipt) {
    return switch (receipt) {
      case null -> Packets.SERVER_BUSY;
      case Receipt.Overloaded _ -> Packets.SERVER_BUSY;
      case Receipt.Rejected(Rejection rejection) ->
          switch (rejection.reason()) {
            case MALFORMED, INVALID_VALUE, TOO_LARGE -> Packets.PAYLOAD_INVALID;
            case TOPIC_NOT_ALLOWED, NOT_YOUR_DEVICE, UNKNOWN_DEVICE -> Packets.NOT_AUTHORIZED;
            case LIMIT_REACHED -> Packets.QUOTA_EXCEEDED;
          };
      case Receipt.Stored _, Receipt.Duplicate _ -> {
        var kept = arrival.kept;
        if (kept == null) {
          yield Packets.SUCCESS;
        }
        yield switch (kept.state()) {
          case SUCCESS ->
              // A reading that is stored is stored, whether or not it can be retained as well.
              kept.resultNow() == RetainedMessages.Outcome.KEPT || arrival.topic.ingest
                  ? Packets.SUCCESS
                  : Packets.QUOTA_EXCEEDED;
          default -> Packets.SERVER_BUSY;
        };
      }
    };
  }

  private @Nullable String reasonText(@Nullable Receipt receipt) {
    if (!tellsReasons) {
      return null;
    }
    Text text =
        receipt instanceof Receipt.Rejected(Rejection rejection)
            ? rejection.text()
            : Text.of("mqtt.too_many_retained");
    String sentence = broker.messages().inDefaultLanguage(text);
    return sentence.length() <= REASON_TEXT_LENGTH
        ? sentence
        : sentence.substring(0, REASON_TEXT_LENGTH);
  }

  private void acknowledged(Arrival arrival, int reason) {
    BitSet received = received2;
    BitSet stored = stored2;
    if (arrival.qos == 1 || received == null || stored == null) {
      unacknowledged--;
    } else if (version5 && reason != Packets.SUCCESS) {
      unacknowledged--;
      received.clear(arrival.packetId);
    } else if (received.get(arrival.packetId)) {
      stored.set(arrival.packetId);
    }
  }

  private void pubRel(int id) {
    BitSet received = received2;
    BitSet stored = stored2;
    boolean present = received != null && stored != null && received.get(id);
    if (received != null && stored != null && present) {
      received.clear(id);
      stored.clear(id);
      unacknowledged--;
    }
    if (present || !version5) {
      reply(Packets.PUBCOMP, id);
    } else {
      transport.write(Packets.acknowledgement(Packets.PUBCOMP, id, Packets.ID_NOT_FOUND, null));
    }
  }

  private void pubRec(MqttMessage packet) {
    int id = packetId(packet);
    boolean refused =
        packet.variableHeader() instanceof MqttPubReplyMessageVariableHeader header
            && (header.reasonCode() & 0xff) >= 0x80;
    if (refused) {
      outbox.done(id);
    } else if (outbox.received(id) || !version5) {
      reply(Packets.PUBREL, id);
    } else {
      transport.write(Packets.acknowledgement(Packets.PUBREL, id, Packets.ID_NOT_FOUND, null));
    }
  }

  private void reply(int firstByte, int id) {
    transport.write(transport.alloc().ioBuffer(4).writeByte(firstByte).writeByte(2).writeShort(id));
  }

  // ---- subscriptions

  private void subscribe(MqttSubscribeMessage packet) {
    int identifier =
        PublishProperties.integer(
            packet.idAndPropertiesVariableHeader().properties(),
            MqttProperties.SUBSCRIPTION_IDENTIFIER,
            0);
    List<MqttTopicSubscription> wanted = packet.payload().topicSubscriptions();
    if (wanted.isEmpty()) {
      end(Packets.PROTOCOL_ERROR);
      return;
    }
    List<Integer> codes = new ArrayList<>(wanted.size());
    List<Runnable> replays = new ArrayList<>();
    for (MqttTopicSubscription subscription : wanted) {
      String filter = subscription.topicFilter();
      int refusal = refusal(filter);
      if (refusal == Packets.SUCCESS) {
        codes.add(subscribe(filter, subscription.option(), identifier, replays));
      } else {
        codes.add(version5 ? refusal : Packets.UNSPECIFIED);
      }
    }
    transport.write(Packets.subAck(packet.variableHeader().messageId(), codes));
    replays.forEach(Runnable::run);
  }

  /// Why a filter is not granted, or success.
  private int refusal(String filter) {
    MqttSettings settings = broker.settings();
    if (filter.startsWith("$share/")) {
      return Packets.NO_SHARED_SUBSCRIPTIONS;
    }
    if (!Topics.isFilter(filter, settings.topicLength(), settings.topicLevels())) {
      return Packets.FILTER_INVALID;
    }
    TopicAccess rules = access;
    if (rules == null || !rules.maySubscribe(filter)) {
      broker.meters().denied();
      return Packets.NOT_AUTHORIZED;
    }
    return !subscriptions.containsKey(filter) && subscriptions.size() >= settings.subscriptions()
        ? Packets.QUOTA_EXCEEDED
        : Packets.SUCCESS;
  }

  /// @return the granted quality of service
  private int subscribe(
      String filter, MqttSubscriptionOption option, int identifier, List<Runnable> replays) {
    int qos = option.qos().value();
    Subscription subscription =
        new Subscription(qos, option.isNoLocal(), option.isRetainAsPublished(), identifier);
    Subscription before = subscriptions.put(filter, subscription);
    broker.subscriptions().put(filter, this, subscription);
    boolean replay =
        switch (option.retainHandling()) {
          case SEND_AT_SUBSCRIBE -> true;
          case SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS -> before == null;
          case DONT_SEND_AT_SUBSCRIBE -> false;
        };
    if (replay) {
      replays.add(() -> replay(filter, subscription));
    }
    return qos;
  }

  private void replay(String filter, Subscription subscription) {
    if (state != State.OPEN) {
      // One packet may hold ten thousand filters; the first few were already too much.
      return;
    }
    int[] identifiers =
        subscription.identifier() == 0 ? null : new int[] {subscription.identifier()};
    broker
        .retained()
        .match(
            filter,
            publication ->
                outbox.replay(
                    new Outbox.Delivery(
                        publication,
                        Math.min(publication.qos, subscription.qos()),
                        true,
                        identifiers)));
    if (outbox.replaying() > 2 * broker.settings().retainedMessages()) {
      broker.meters().slowSubscriber();
      end(Packets.QUOTA_EXCEEDED);
    }
  }

  private void unsubscribe(MqttUnsubscribeMessage packet) {
    List<Short> codes = new ArrayList<>();
    for (String filter : packet.payload().topics()) {
      boolean had = subscriptions.remove(filter) != null;
      if (had) {
        broker.subscriptions().remove(filter, this);
      }
      codes.add((short) (had ? Packets.SUCCESS : Packets.NO_SUBSCRIPTION));
    }
    transport.write(Packets.unsubAck(packet.variableHeader().messageId(), version5, codes));
  }

  // ---- the end

  private void disconnected(MqttMessage packet) {
    boolean keepsWill =
        packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header
            && header.reasonCode() == Packets.KEEP_WILL;
    if (!keepsWill) {
      will = null;
    }
    state = State.ENDED;
    transport.close();
    leave();
  }

  private void broken(MqttMessage packet) {
    DecoderResult result = packet.decoderResult();
    Throwable cause = result.cause();
    LOG.debug("{} {}: packet not understood", address, clientId, cause);
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

  private void end(int reason) {
    if (state == State.ENDED) {
      return;
    }
    boolean open = state == State.OPEN;
    state = State.ENDED;
    if (open) {
      if (version5) {
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
    if (timer != null) {
      timer.cancel(false);
    }
    Broker.Key entered = key;
    if (entered != null) {
      broker.leave(entered, this);
    }
    subscriptions.keySet().forEach(filter -> broker.subscriptions().remove(filter, this));
    subscriptions.clear();
    outbox.close();
    publishWill();
  }

  private void publishWill() {
    Will last = will;
    will = null;
    if (last == null || access == null) {
      return;
    }
    arrive(
        new Arrival(
            this,
            topic(last.topic()),
            last.payload(),
            last.qos(),
            last.retain(),
            0,
            PublishProperties.forwarded(last.properties()),
            broker.expiry(last.properties())),
        false);
    wake();
  }

  /// What to publish when the client goes without saying goodbye.
  private record Will(
      String topic, byte[] payload, int qos, boolean retain, MqttProperties properties) {}

  /// What the CONNECT asked for that the answer speaks of.
  private record Welcome(boolean assigned, int keepAlive, boolean wantsSession) {}
}
