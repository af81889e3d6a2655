package io.vatio.protocol.mqtt;

/// What a client asked for with one filter.
///
/// @param qos highest it wants
/// @param noLocal not what it published itself
/// @param retainAsPublished keep the retain flag as the publisher set it
/// @param identifier of its own, 0 for none
record Subscription(int qos, boolean noLocal, boolean retainAsPublished, int identifier) {}
