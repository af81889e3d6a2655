package io.vatio.protocol.mqtt;

/// Who stands behind a filter: one session, or a group of which one member gets each message.
sealed interface Subscriber permits Session, SharedGroup {}
