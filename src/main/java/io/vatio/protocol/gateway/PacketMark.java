package io.vatio.protocol.gateway;

import com.hivemq.client.internal.checkpoint.Confirmable;
import com.hivemq.client.internal.mqtt.message.publish.MqttPublish;
import com.hivemq.client.internal.mqtt.message.publish.MqttStatefulPublish;
import com.hivemq.client.internal.mqtt.message.publish.mqtt3.Mqtt3PublishView;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// What tells a repeated delivery from an equal new message: packet id and DUP flag.
///
/// The client library knows both and shows neither, so they are read from its inside; without them
/// a reading that carries no time would be stored twice after every break. The library's version is
/// pinned, and `ExternalBrokerTest` fails if another one looks different inside.
///
/// @param packetId 0 for none, with QoS 0
/// @param repeated the DUP flag
record PacketMark(int packetId, boolean repeated) {
  private static final String INCOMING =
      "com.hivemq.client.internal.mqtt.handler.publish.incoming.";

  private static final Class<?> CONFIRMABLE = type("MqttIncomingPublishConfirmable");
  private static final Class<?> WITH_FLOWS = type("MqttStatefulPublishWithFlows");

  private static final VarHandle CONFIRMABLE_OF =
      field(MqttPublish.class, "confirmable", Confirmable.class);

  private static final VarHandle FLOWS_OF = field(CONFIRMABLE, "publishWithFlows", WITH_FLOWS);
  private static final VarHandle PACKET_OF =
      field(WITH_FLOWS, "publish", MqttStatefulPublish.class);

  /// @param publish a message as the library hands it over
  static PacketMark of(Object publish) {
    MqttPublish message =
        publish instanceof Mqtt3PublishView view ? view.getDelegate() : (MqttPublish) publish;
    Object confirmable = CONFIRMABLE_OF.get(message);
    if (!CONFIRMABLE.isInstance(confirmable)) {
      return new PacketMark(0, false);
    }
    var packet = (MqttStatefulPublish) PACKET_OF.get(FLOWS_OF.get(confirmable));
    return new PacketMark(Math.max(0, packet.getPacketIdentifier()), packet.isDup());
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(INCOMING + name);
    } catch (ClassNotFoundException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static VarHandle field(Class<?> owner, String name, Class<?> type) {
    try {
      return MethodHandles.privateLookupIn(owner, MethodHandles.lookup())
          .findVarHandle(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }
}
