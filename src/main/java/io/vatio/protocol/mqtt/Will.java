package io.vatio.protocol.mqtt;

import io.netty.handler.codec.mqtt.MqttProperties;

/// What to publish when a client goes without saying goodbye.
record Will(String topic, byte[] payload, int qos, boolean retain, MqttProperties properties) {}
