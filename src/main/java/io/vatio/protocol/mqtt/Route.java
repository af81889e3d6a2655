package io.vatio.protocol.mqtt;

/// One session that gets a message, after its overlapping subscriptions were made one.
///
/// @param qos highest of its subscriptions
/// @param identifiers of its subscriptions, empty for none
record Route(Session session, int qos, boolean retainAsPublished, int[] identifiers) {}
