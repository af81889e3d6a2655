package io.vatio.protocol.mqtt;

import io.vatio.kernel.Principal;

/// What one connection counts for at the door: among all, among those of its address, among those
/// of its device. Event loop only.
final class Admission {
  private final Broker broker;
  private final String address;

  /// Whether its address counts it.
  private boolean admitted;

  private boolean known;

  /// The device whose connections count it, 0 for none.
  private long device;

  /// @param address of the client, without port
  Admission(Broker broker, String address) {
    this.broker = broker;
    this.address = address;
  }

  /// The connection comes.
  ///
  /// @return false when it has to go again; [#leave] follows all the same
  boolean enter() {
    BrokerMeters meters = broker.meters();
    int open = meters.connections().incrementAndGet();
    admitted = broker.addresses().enter(address, System.nanoTime());
    int unknown = meters.unknown().incrementAndGet();
    if (!admitted) {
      meters.dropped("too_many_of_address");
      return false;
    }
    if (unknown > broker.settings().maxUnknown() || open > broker.settings().maxConnections()) {
      meters.dropped("too_many_connections");
      return false;
    }
    return true;
  }

  /// Whether it has shown who it is, or has gone.
  boolean known() {
    return known;
  }

  /// It has shown who it is.
  void nowKnown() {
    if (!known) {
      known = true;
      broker.meters().unknown().decrementAndGet();
      if (admitted) {
        broker.addresses().known(address);
      }
    }
  }

  /// Counts it with its device, once; false when that one has too many.
  boolean count(Principal who) {
    if (who instanceof Principal.Device owner && device == 0) {
      if (!broker.devices().take(owner.id())) {
        return false;
      }
      device = owner.id();
    }
    return true;
  }

  /// The connection has gone; called once.
  void leave() {
    nowKnown();
    broker.meters().connections().decrementAndGet();
    if (admitted) {
      broker.addresses().leave(address);
    }
    if (device != 0) {
      broker.devices().give(device);
    }
  }
}
