package io.vatio.protocol.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// MQTT in the binary frames of a WebSocket. Frames are only a stream of bytes: a packet may span
/// several, a frame may hold several.
///
/// The codec is the same as on a socket, in a channel of its own without a network.
final class WebSocketTransport implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(WebSocketTransport.class);

  private static final int CLIENT_ID_LENGTH = 256;
  private static final int CONNECT_BYTES = 64 << 10;
  private static final int SIGN_EVERY_S = 60;
  private static final short UNACCEPTABLE_DATA = 1003;

  private final ServerWebSocket socket;
  private final Channel channel;
  private final MqttDecoder decoder;
  private final EmbeddedChannel codec;
  private @Nullable Listener listener;
  private @Nullable ByteBuf out;
  private int greeting;
  private boolean greeted;
  private boolean paused;
  private boolean resuming;
  private boolean decoding;
  private boolean gone;
  private @Nullable Future<?> signs;

  private WebSocketTransport(ServerWebSocket socket, Channel channel, int maxPacketBytes) {
    this.socket = socket;
    this.channel = channel;
    this.decoder = new MqttDecoder(maxPacketBytes, CLIENT_ID_LENGTH);
    // One packet at a time, so that what follows waits as bytes.
    decoder.setSingleDecode(true);
    this.codec = new EmbeddedChannel(decoder, MqttEncoder.INSTANCE);
  }

  /// Speaks MQTT on a socket whose upgrade was just accepted.
  ///
  /// @param channel that carries it, on whose event loop this is called
  static void start(ServerWebSocket socket, Channel channel, String address, Broker broker) {
    WebSocketTransport transport =
        new WebSocketTransport(socket, channel, broker.settings().maxPacketBytes());
    Connection connection = new Connection(broker, transport, Door.WEB_SOCKET, address);
    transport.listener = connection;
    socket.frameHandler(transport::frame);
    socket.drainHandler(_ -> connection.drained());
    socket.exceptionHandler(e -> LOG.debug("{}: {}", address, e.toString()));
    socket.closeHandler(_ -> transport.closed());
    transport.signs =
        transport
            .loop()
            .scheduleAtFixedRate(transport::sign, SIGN_EVERY_S, SIGN_EVERY_S, TimeUnit.SECONDS);
    connection.start();
  }

  /// The HTTP server ends connections on which nothing moves; MQTT may agree on a longer silence.
  private void sign() {
    if (!gone) {
      socket.writePing(Buffer.buffer());
    }
  }

  private Listener listener() {
    if (listener == null) {
      throw new IllegalStateException("not started");
    }
    return listener;
  }

  private void frame(WebSocketFrame frame) {
    if (frame.isText()) {
      socket.close(UNACCEPTABLE_DATA, "MQTT needs binary frames");
      cutLater();
    } else if (frame.isClose()) {
      // It is answered already, behind all that the client may never take.
      cutLater();
    } else if (frame.isBinary() || frame.isContinuation()) {
      byte[] bytes = frame.binaryData().getBytes();
      greeting += bytes.length;
      decode(Unpooled.wrappedBuffer(bytes));
      if (!greeted && greeting > CONNECT_BYTES) {
        close();
      }
    }
  }

  private void decode(ByteBuf bytes) {
    if (gone || decoding) {
      bytes.release();
      return;
    }
    decoding = true;
    try {
      codec.writeInbound(bytes);
      while (!paused) {
        MqttMessage packet = codec.readInbound();
        if (packet == null) {
          break;
        }
        deliver(packet);
        if (!paused) {
          codec.writeInbound(Unpooled.EMPTY_BUFFER);
        }
      }
    } catch (DecoderException e) {
      LOG.debug("packet not understood", e);
      close();
    } finally {
      decoding = false;
    }
    if (!gone) {
      listener().readComplete();
    }
  }

  private void deliver(MqttMessage packet) {
    greeted = true;
    try {
      listener().received(packet);
    } finally {
      ReferenceCountUtil.release(packet);
    }
  }

  private void closed() {
    gone = true;
    if (signs != null) {
      signs.cancel(false);
    }
    codec.finishAndReleaseAll();
    ByteBuf left = out;
    out = null;
    if (left != null) {
      left.release();
    }
    listener().closed();
  }

  @Override
  public void write(MqttMessage packet) {
    if (gone) {
      ReferenceCountUtil.release(packet);
      return;
    }
    codec.writeOutbound(packet);
    for (ByteBuf part = codec.readOutbound(); part != null; part = codec.readOutbound()) {
      write(part);
    }
  }

  @Override
  public void write(ByteBuf packets) {
    try {
      if (!gone) {
        ByteBuf pending = out;
        if (pending == null) {
          pending = Unpooled.buffer(packets.readableBytes());
          out = pending;
        }
        pending.writeBytes(packets);
      }
    } finally {
      packets.release();
    }
  }

  @Override
  public void flush() {
    ByteBuf pending = out;
    if (pending != null && !gone) {
      out = null;
      socket.writeBinaryMessage(Buffer.buffer(ByteBufUtil.getBytes(pending)));
      pending.release();
    }
  }

  @Override
  public boolean writable() {
    ByteBuf pending = out;
    if (pending != null && pending.readableBytes() >= CONNECT_BYTES) {
      flush();
    }
    return !gone && !socket.writeQueueFull();
  }

  @Override
  public void pause() {
    paused = true;
    resuming = false;
    socket.pause();
  }

  @Override
  public void resume() {
    // Later, for this may be called in the middle of decoding.
    if (paused && !resuming) {
      resuming = true;
      execute(this::resumeNow);
    }
  }

  private void resumeNow() {
    if (!resuming || gone) {
      return;
    }
    resuming = false;
    paused = false;
    decode(Unpooled.EMPTY_BUFFER);
    if (!paused) {
      socket.resume();
    }
  }

  @Override
  public void close() {
    flush();
    socket.resume();
    socket.close();
    cutLater();
  }

  /// Who takes nothing would never see the closing handshake, nor end it.
  private void cutLater() {
    schedule(this::cut, SocketTransport.LAST_WORDS_MS);
  }

  private void cut() {
    ChannelHandlerContext front = channel.pipeline().firstContext();
    if (front != null) {
      front.close();
    }
  }

  @Override
  public void closeSlowly() {
    // The closing handshake of WebSocket already lets the peer finish.
    close();
  }

  @Override
  public void execute(Runnable task) {
    try {
      loop().execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("the server has stopped", e);
    }
  }

  @Override
  public Future<?> schedule(Runnable task, long delayMs) {
    return loop().schedule(task, delayMs, TimeUnit.MILLISECONDS);
  }

  @Override
  public ByteBufAllocator alloc() {
    return codec.alloc();
  }

  @Override
  public EventLoop loop() {
    return channel.eventLoop();
  }
}
