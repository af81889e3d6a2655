package io.vatio.device;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// The one place that says which devices somebody sees and may change; readings, sensors and
/// everything else about a device follow it. From memory; thread safe.
///
/// An operator has the devices that are assigned to him, an external user those that are shared
/// with
/// him, a device itself.
public final class Visibility {
  private final DeviceRegistry devices;

  public Visibility(DeviceRegistry devices) {
    this.devices = devices;
  }

  public boolean sees(Principal principal, Device device) {
    if (principal instanceof Principal.Device self) {
      return self.id() == device.id();
    }
    return switch (principal.reach()) {
      case ALL -> true;
      case OWN -> isOwn(principal, device);
      case SHARED -> false;
    };
  }

  /// Whether this one may change a device, what is assigned to it and its readings, if it holds the
  /// permission for that.
  public boolean mayChange(Principal principal, Device device) {
    return principal.reach() == Reach.ALL
        || (principal.reach() == Reach.OWN && isOwn(principal, device));
  }

  private static boolean isOwn(Principal principal, Device device) {
    OptionalLong account = principal.account();
    Long operator = device.operatorId();
    return operator != null && account.isPresent() && account.getAsLong() == operator;
  }

  /// Those of all devices that somebody sees.
  public Predicate<Device> of(Principal principal) {
    return device -> sees(principal, device);
  }

  /// What somebody sees, in order of creation.
  public List<Device> list(Principal principal) {
    return devices.listAll().stream().filter(of(principal)).toList();
  }

  /// A device to look at.
  ///
  /// @throws Problem.NotFound for one that does not exist or is not for this one to see
  public Device see(Principal principal, long deviceId) {
    return devices
        .findById(deviceId)
        .filter(of(principal))
        .orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  /// A device to change.
  ///
  /// @param permission that it takes
  /// @throws Problem.NotFound when there is none
  /// @throws Problem.Forbidden when this one may not change it
  public Device change(Principal principal, long deviceId, Permission permission) {
    Device device =
        devices.findById(deviceId).orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
    if (!principal.may(permission) || !mayChange(principal, device)) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    return device;
  }
}
