package io.vatio.protocol.mqtt;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// Bytes in pieces through the decoder as both ways in use it: whatever they are, every buffer goes
/// back, nothing is thrown past the decoder, and after what is not understood nothing more comes.
class DecoderLeaksProperties {
  private static final int MAX_PACKET = 4_096;

  @Property(tries = 500)
  void every_buffer_goes_back(
      @ForAll @Size(max = 600) byte[] noise,
      @ForAll boolean greeted,
      @ForAll boolean single,
      @ForAll @IntRange(min = 1, max = 50) int piece) {
    UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(false);
    MqttDecoder decoder = new MqttDecoder(MAX_PACKET, 256);
    decoder.setSingleDecode(single);
    EmbeddedChannel channel = new EmbeddedChannel(decoder);
    channel.config().setAllocator(memory);
    List<ByteBuf> given = new ArrayList<>();
    byte[] bytes = greeted ? afterConnect(noise) : noise;

    boolean broken = false;
    for (int at = 0; at < bytes.length; at += piece) {
      ByteBuf part = memory.heapBuffer();
      given.add(part.writeBytes(bytes, at, Math.min(piece, bytes.length - at)));
      channel.writeInbound(part);
      channel.writeInbound(Unpooled.EMPTY_BUFFER);
      for (Object packet = channel.readInbound(); packet != null; packet = channel.readInbound()) {
        assertFalse(broken, "a packet after one that was not understood");
        broken = ((MqttMessage) packet).decoderResult().isFailure();
        ReferenceCountUtil.release(packet);
      }
    }
    channel.finishAndReleaseAll();

    given.forEach(part -> assertEquals(0, part.refCnt()));
    assertEquals(0, memory.metric().usedHeapMemory());
    assertEquals(0, memory.metric().usedDirectMemory());
  }

  /// A login and a message of MQTT 5, then the noise, its first byte often that of a message.
  private static byte[] afterConnect(byte[] noise) {
    byte[] start = {
      0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 5, 2, 0, 60, 0, 0, 1, 'x', //
      0x32, 8, 0, 1, 'a', 0, 1, 0, 'h', 'i'
    };
    byte[] bytes = Arrays.copyOf(start, start.length + noise.length);
    System.arraycopy(noise, 0, bytes, start.length, noise.length);
    if (noise.length > 2) {
      bytes[start.length] = (byte) (0x30 | (noise[0] & 0x8f));
      bytes[start.length + 1] &= 0x3f;
    }
    return bytes;
  }
}
