package io.vatio.protocol.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.internal.net.NetSocketInternal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayDeque;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// MQTT over a TCP or TLS socket: the codec and this handler stand in the socket's pipeline, in
/// front of Vert.x's own, which sees the socket's life but no data.
final class SocketTransport extends ChannelInboundHandlerAdapter implements Transport {
  private static final Logger LOG = LoggerFactory.getLogger(SocketTransport.class);

  /// How long a client may go on sending after it was told that all is over.
  static final long LAST_WORDS_MS = 2_000;

  /// Bytes that a client may send before its CONNECT is complete.
  private static final int CONNECT_BYTES = 64 << 10;

  private static final int CLIENT_ID_LENGTH = 256;

  private final ChannelHandlerContext socket;
  private final MqttDecoder decoder;
  private final ArrayDeque<MqttMessage> backlog = new ArrayDeque<>();
  private @Nullable Greeting greeting = new Greeting();
  private @Nullable ChannelHandlerContext context;
  private @Nullable Listener listener;
  private boolean paused;
  private boolean resuming;

  private SocketTransport(ChannelHandlerContext socket, int maxPacketBytes) {
    this.socket = socket;
    this.decoder = new MqttDecoder(maxPacketBytes, CLIENT_ID_LENGTH);
  }

  /// Speaks MQTT on a socket that was just accepted. On its event loop.
  ///
  /// The handshake of TLS is part of the time to log in, and its connection counts from the start:
  /// whoever begins handshakes and leaves them there is a stranger like any other.
  ///
  /// @param tls null for a plain socket
  static void start(NetSocketInternal socket, Door door, @Nullable SslContext tls, Broker broker) {
    ChannelHandlerContext handler = socket.channelHandlerContext();
    SocketTransport transport = new SocketTransport(handler, broker.settings().maxPacketBytes());
    Connection connection =
        new Connection(broker, transport, door, socket.remoteAddress().hostAddress());
    transport.listener = connection;
    ChannelPipeline pipeline = handler.pipeline();
    if (tls != null) {
      SslHandler handshake = tls.newHandler(handler.alloc());
      handshake.setHandshakeTimeoutMillis(broker.settings().connectTimeout().toMillis());
      pipeline.addFirst("tls", handshake);
    }
    pipeline.addBefore(handler.name(), "mqtt-greeting", transport.greeting);
    pipeline.addBefore(handler.name(), "mqtt-encoder", MqttEncoder.INSTANCE);
    pipeline.addBefore(handler.name(), "mqtt-decoder", transport.decoder);
    pipeline.addBefore(handler.name(), "mqtt", transport);
    connection.start();
  }

  @Override
  public @Nullable X509Certificate certificate() {
    SslHandler tls = socket.pipeline().get(SslHandler.class);
    if (tls == null) {
      return null;
    }
    try {
      Certificate first = tls.engine().getSession().getPeerCertificates()[0];
      return first instanceof X509Certificate shown ? shown : null;
    } catch (SSLPeerUnverifiedException _) {
      // None was asked for, or the client has none.
      return null;
    }
  }

  private Listener listener() {
    if (listener == null) {
      throw new IllegalStateException("not started");
    }
    return listener;
  }

  private ChannelHandlerContext context() {
    return context == null ? socket : context;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object packet) {
    if (!(packet instanceof MqttMessage message)) {
      ReferenceCountUtil.release(packet);
    } else if (paused) {
      backlog.add(message);
    } else {
      deliver(message);
    }
  }

  private void deliver(MqttMessage message) {
    if (greeting != null) {
      socket.pipeline().remove(greeting);
      greeting = null;
    }
    try {
      listener().received(message);
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    listener().readComplete();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      listener().drained();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    backlog.forEach(ReferenceCountUtil::release);
    backlog.clear();
    listener().closed();
    ctx.fireChannelInactive();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.debug("{}: {}", ctx.channel().remoteAddress(), cause.toString());
    ctx.close();
  }

  @Override
  public void write(MqttMessage packet) {
    context().write(packet, context().voidPromise());
  }

  @Override
  public void write(ByteBuf packets) {
    context().write(packets, context().voidPromise());
  }

  @Override
  public void flush() {
    context().flush();
  }

  @Override
  public boolean writable() {
    return socket.channel().isWritable();
  }

  @Override
  public void pause() {
    paused = true;
    resuming = false;
    // What was read already stays in the decoder as bytes.
    decoder.setSingleDecode(true);
    socket.channel().config().setAutoRead(false);
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
    if (!resuming || !socket.channel().isActive()) {
      return;
    }
    resuming = false;
    paused = false;
    while (!paused && !backlog.isEmpty()) {
      deliver(backlog.remove());
    }
    if (!paused) {
      decoder.setSingleDecode(false);
      socket.channel().config().setAutoRead(true);
      decode();
    }
    listener().readComplete();
  }

  /// Makes the decoder go on with the bytes that it has.
  private void decode() {
    ChannelHandlerContext at = socket.pipeline().context(decoder);
    if (at != null) {
      try {
        decoder.channelRead(at, Unpooled.EMPTY_BUFFER);
      } catch (Exception e) {
        exceptionCaught(at, e);
      }
    }
  }

  @Override
  public void close() {
    ChannelFuture flushed = context().writeAndFlush(Unpooled.EMPTY_BUFFER);
    flushed.addListener(ChannelFutureListener.CLOSE);
    if (!flushed.isDone()) {
      // Who takes nothing would keep what waits for it, and the socket, for as long as it likes.
      schedule(this::cut, LAST_WORDS_MS);
    }
  }

  @Override
  public void closeSlowly() {
    context()
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            _ -> {
              SslHandler tls = socket.pipeline().get(SslHandler.class);
              if (tls != null) {
                tls.closeOutbound();
              } else if (socket.channel() instanceof DuplexChannel duplex) {
                duplex.shutdownOutput();
              }
            });
    paused = false;
    resuming = false;
    decoder.setSingleDecode(false);
    socket.channel().config().setAutoRead(true);
    schedule(this::cut, LAST_WORDS_MS);
  }

  /// Ends the socket at once. Handlers further back would first wait for what is not taken.
  private void cut() {
    ChannelHandlerContext front = socket.pipeline().firstContext();
    if (front != null) {
      front.close();
    }
  }

  @Override
  public void execute(Runnable task) {
    try {
      socket.channel().eventLoop().execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("the server has stopped", e);
    }
  }

  @Override
  public Future<?> schedule(Runnable task, long delayMs) {
    return socket.channel().eventLoop().schedule(task, delayMs, TimeUnit.MILLISECONDS);
  }

  @Override
  public ByteBufAllocator alloc() {
    return socket.alloc();
  }

  @Override
  public EventLoop loop() {
    return socket.channel().eventLoop();
  }

  /// Counts what a stranger sends before the first packet is complete; then it is taken out.
  private static final class Greeting extends ChannelInboundHandlerAdapter {
    private int bytes;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object data) {
      if (data instanceof ByteBuf buffer) {
        bytes += buffer.readableBytes();
      }
      ctx.fireChannelRead(data);
      if (bytes > CONNECT_BYTES && !ctx.isRemoved()) {
        ctx.close();
      }
    }
  }
}
