package io.vatio.protocol.mqtt;

/// One subscriber that gets a message, after its overlapping subscriptions were made one.
///
/// @param qos highest of its subscriptions
/// @param identifiers of its subscriptions, empty for none
record Route(Subscriber subscriber, int qos, boolean retainAsPublished, int[] identifiers) {}
