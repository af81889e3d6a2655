package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The packets that the server sends, except PUBLISH, and the reason codes of MQTT 5 in them.
final class Packets {
  static final int SUCCESS = 0x00;
  static final int NO_SUBSCRIPTION = 0x11;
  static final int UNSPECIFIED = 0x80;
  static final int MALFORMED_PACKET = 0x81;
  static final int PROTOCOL_ERROR = 0x82;
  static final int NOT_AUTHORIZED = 0x87;
  static final int SERVER_BUSY = 0x89;
  static final int SHUTTING_DOWN = 0x8B;
  static final int KEEP_ALIVE_TIMEOUT = 0x8D;
  static final int TAKEN_OVER = 0x8E;
  static final int FILTER_INVALID = 0x8F;
  static final int TOPIC_INVALID = 0x90;
  static final int ID_NOT_FOUND = 0x92;
  static final int RECEIVE_MAXIMUM_EXCEEDED = 0x93;
  static final int ALIAS_INVALID = 0x94;
  static final int TOO_LARGE = 0x95;
  static final int QUOTA_EXCEEDED = 0x97;
  static final int ADMINISTRATIVE = 0x98;
  static final int PAYLOAD_INVALID = 0x99;

  /// First bytes of the acknowledgements that carry nothing but the packet id.
  static final int PUBACK = 0x40;
  static final int PUBREC = 0x50;
  static final int PUBREL = 0x62;
  static final int PUBCOMP = 0x70;

  private Packets() {}

  /// @param present whether the session was there before
  static MqttMessage connAck(
      MqttConnectReturnCode code, boolean present, MqttProperties properties) {
    return new MqttConnAckMessage(
        header(MqttMessageType.CONNACK), new MqttConnAckVariableHeader(code, present, properties));
  }

  static MqttMessage disconnect(int reason) {
    return new MqttMessage(
        header(MqttMessageType.DISCONNECT),
        new MqttReasonCodeAndPropertiesVariableHeader((byte) reason, MqttProperties.NO_PROPERTIES));
  }

  /// An acknowledgement with a reason, for MQTT 5.
  ///
  /// @param firstByte [#PUBACK] and so on
  /// @param text for people, null for none
  static MqttMessage acknowledgement(int firstByte, int id, int reason, @Nullable String text) {
    MqttProperties properties = MqttProperties.NO_PROPERTIES;
    if (text != null) {
      properties = new MqttProperties();
      properties.add(new StringProperty(MqttProperties.REASON_STRING, text));
    }
    boolean release = firstByte == PUBREL;
    return new MqttMessage(
        new MqttFixedHeader(
            MqttMessageType.valueOf(firstByte >> 4),
            false,
            release ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE,
            false,
            0),
        new MqttPubReplyMessageVariableHeader(id, (byte) reason, properties));
  }

  static MqttMessage subAck(int id, List<Integer> codes) {
    return new MqttSubAckMessage(
        header(MqttMessageType.SUBACK),
        new MqttMessageIdAndPropertiesVariableHeader(id, MqttProperties.NO_PROPERTIES),
        new MqttSubAckPayload(codes));
  }

  /// @param codes ignored by clients before MQTT 5
  static MqttMessage unsubAck(int id, boolean version5, List<Short> codes) {
    return new MqttUnsubAckMessage(
        header(MqttMessageType.UNSUBACK),
        version5
            ? new MqttMessageIdAndPropertiesVariableHeader(id, MqttProperties.NO_PROPERTIES)
            : MqttMessageIdVariableHeader.from(id),
        new MqttUnsubAckPayload(codes));
  }

  private static MqttFixedHeader header(MqttMessageType type) {
    return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
  }
}
