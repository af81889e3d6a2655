package io.vatio.kernel;

import java.util.OptionalLong;
import java.util.Set;

/// Who is asking: the one answer of authentication, whatever the protocol.
public sealed interface Principal {

  /// A name for logs and dead letters; never a secret.
  String name();

  /// Whether this one may do what the permission stands for, on objects it can see.
  boolean may(Permission permission);

  /// Which devices its permissions count for.
  default Reach reach() {
    return Reach.OWN;
  }

  /// The account that answers for this one: a person's own, or the one that made the key.
  default OptionalLong account() {
    return OptionalLong.empty();
  }

  /// Whether this one may bring new devices into use. Operators may, although they do not hold the
  /// permission to manage all devices: what they create is theirs.
  default boolean mayCreateDevices() {
    return may(Permission.MANAGE_DEVICES) || may(Permission.ASSIGN_SENSORS);
  }

  /// A person who logged in.
  ///
  /// @param role name of the role, empty for none
  record User(
      long id,
      String username,
      boolean superuser,
      String role,
      Set<Permission> permissions,
      Reach reach)
      implements Principal {
    public User {
      permissions = Set.copyOf(permissions);
    }

    @Override
    public OptionalLong account() {
      return OptionalLong.of(id);
    }

    @Override
    public String name() {
      return username;
    }

    @Override
    public boolean may(Permission permission) {
      return superuser || permissions.contains(permission);
    }
  }

  /// A program with an API key; it holds the permissions of the key that its maker still holds, and
  /// reaches what its maker reaches.
  ///
  /// @param owner id of the account that made it
  record ApiKey(long id, String label, Set<Permission> permissions, long owner, Reach reach)
      implements Principal {
    public ApiKey {
      permissions = Set.copyOf(permissions);
    }

    @Override
    public OptionalLong account() {
      return OptionalLong.of(owner);
    }

    @Override
    public String name() {
      return "key:" + label;
    }

    @Override
    public boolean may(Permission permission) {
      return permissions.contains(permission);
    }
  }

  /// A device with its own credential; it may send readings of its own and nothing else.
  record Device(long id, String serial) implements Principal {
    @Override
    public String name() {
      return "device_" + serial;
    }

    @Override
    public boolean may(Permission permission) {
      return permission == Permission.CREATE_READINGS;
    }
  }

  /// Somebody on a network that the settings trust, acting with the permissions of a role.
  record Trusted(String address, String role, Set<Permission> permissions) implements Principal {
    public Trusted {
      permissions = Set.copyOf(permissions);
    }

    @Override
    public Reach reach() {
      return Reach.ALL;
    }

    @Override
    public String name() {
      return "trusted:" + address;
    }

    @Override
    public boolean may(Permission permission) {
      return permissions.contains(permission);
    }
  }

  /// Another broker, for the devices behind it: which device a message speaks for comes from its
  /// topic, which that broker's own rules bind to the device.
  ///
  /// @param place where it is, without secrets
  record Broker(String place) implements Principal {
    @Override
    public Reach reach() {
      return Reach.ALL;
    }

    @Override
    public String name() {
      return "broker:" + place;
    }

    @Override
    public boolean may(Permission permission) {
      return permission == Permission.CREATE_READINGS;
    }
  }

  /// A device without credentials, where the settings let it in.
  record Anonymous(String address) implements Principal {
    @Override
    public String name() {
      return "anonymous:" + address;
    }

    @Override
    public boolean may(Permission permission) {
      return permission == Permission.CREATE_READINGS;
    }
  }
}
