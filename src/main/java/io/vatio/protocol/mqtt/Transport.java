package io.vatio.protocol.mqtt;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.security.cert.X509Certificate;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The way to one client, whatever carries it. All methods are for its own event loop, except
/// [#execute].
interface Transport {

  /// Encodes a packet; it leaves with the next [#flush].
  void write(MqttMessage packet);

  /// Packets already encoded. Takes the buffer over.
  void write(ByteBuf packets);

  void flush();

  /// Whether more can be written without piling up.
  boolean writable();

  /// No packet is handed over until [#resume], and (almost) nothing is read.
  void pause();

  void resume();

  /// Flushes what was written, then closes.
  void close();

  /// Flushes and says that nothing more follows, but lets the client finish what it is sending, so
  /// that it gets to read the reason; then closes.
  void closeSlowly();

  /// Runs a task on the event loop; from any thread.
  void execute(Runnable task);

  Future<?> schedule(Runnable task, long delayMs);

  ByteBufAllocator alloc();

  /// The certificate that the client showed and the handshake found good, null for none.
  default @Nullable X509Certificate certificate() {
    return null;
  }

  /// The event loop that all of this happens on.
  EventLoop loop();

  /// Who listens to it; all calls come on its event loop.
  interface Listener {

    /// A packet, or (see its decoder result) why there is none. Released by the caller.
    void received(MqttMessage packet);

    /// What had arrived was handed over.
    void readComplete();

    /// It can take more again.
    void drained();

    /// Gone; called once.
    void closed();
  }
}
