package io.vatio.device;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.site.SiteDevices;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// The one place that says which devices somebody sees and may change; readings, sensors and
/// everything else about a device follow it. From memory; thread safe.
///
/// An operator has the devices that are assigned to him, an external user those that are shared
/// with him, a device itself. An operator sees what is shared with him too.
public final class Visibility implements SiteDevices {
  private final DeviceRegistry devices;
  private final DeviceShares shares;

  public Visibility(DeviceRegistry devices, DeviceShares shares) {
    this.devices = devices;
    this.shares = shares;
  }

  public boolean sees(Principal principal, Device device) {
    if (principal instanceof Principal.Device self) {
      return self.id() == device.id();
    }
    return switch (principal.reach()) {
      case ALL -> true;
      case OWN -> isOwn(principal, device) || isShared(principal, device);
      case SHARED -> isShared(principal, device);
    };
  }

  /// The same by the device's number; nobody sees one that is gone.
  public boolean sees(Principal principal, long deviceId) {
    return devices.findById(deviceId).filter(of(principal)).isPresent();
  }

  /// Whether somebody comes across a device where devices are discovered: one that he sees, and one
  /// that nobody has claimed, where he could.
  public boolean finds(Principal principal, Device device) {
    return sees(principal, device)
        || (!device.claimed() && device.operatorId() == null && isEditor(principal));
  }

  /// Whether somebody sees all devices there are and will be.
  public static boolean seesAll(Principal principal) {
    return principal.reach() == Reach.ALL;
  }

  /// Whether this one may change what is assigned to a device and its readings, if it holds the
  /// permission for that.
  public boolean mayChange(Principal principal, Device device) {
    return reaches(principal, device);
  }

  /// The same where only the device is at hand. A device itself changes nothing: it sends.
  public static boolean reaches(Principal principal, Device device) {
    return principal.reach() == Reach.ALL
        || (principal.reach() == Reach.OWN && isOwn(principal, device));
  }

  /// Whether this one may change a device itself: whoever manages devices all that he reaches, an
  /// operator those that are his. Somebody on a trusted network acts as an operator of devices that
  /// belong to nobody in particular.
  public boolean mayEdit(Principal principal, Device device) {
    if (principal.may(Permission.MANAGE_DEVICES) && mayChange(principal, device)) {
      return true;
    }
    return principal.may(Permission.ASSIGN_SENSORS)
        && principal.reach() != Reach.SHARED
        && (principal instanceof Principal.Trusted
            ? device.operatorId() == null
            : isOwn(principal, device));
  }

  /// Whose device it is after this one has created or claimed it: an operator's own.
  public static @Nullable Long ownerAfter(Principal who, @Nullable Long before) {
    boolean operator = !who.may(Permission.MANAGE_DEVICES) || who.reach() == Reach.OWN;
    return operator && who.account().isPresent() ? (Long) who.account().getAsLong() : before;
  }

  private static boolean isOwn(Principal principal, Device device) {
    OptionalLong account = principal.account();
    Long operator = device.operatorId();
    return operator != null && account.isPresent() && account.getAsLong() == operator;
  }

  private boolean isShared(Principal principal, Device device) {
    OptionalLong account = principal.account();
    return account.isPresent() && shares.isShared(account.getAsLong(), device.id());
  }

  /// Those of all devices that somebody sees.
  public Predicate<Device> of(Principal principal) {
    return device -> sees(principal, device);
  }

  /// What somebody sees, in order of creation.
  public List<Device> list(Principal principal) {
    return seesAll(principal)
        ? devices.listAll()
        : devices.listAll().stream().filter(of(principal)).toList();
  }

  @Override
  public Map<Long, Integer> countSeen(Principal principal) {
    Map<Long, Integer> counts = new HashMap<>();
    list(principal).forEach(device -> counts.merge(device.siteId(), 1, Integer::sum));
    return counts;
  }

  @Override
  public int count(long siteId) {
    return (int) devices.listAll().stream().filter(device -> device.siteId() == siteId).count();
  }

  /// A device to look at.
  ///
  /// @throws Problem.NotFound for one that does not exist or is not for this one to see
  public Device see(Principal principal, long deviceId) {
    return devices.findById(deviceId).filter(of(principal)).orElseThrow(Visibility::unknown);
  }

  /// A device whose sensors, assignments or readings are to change.
  ///
  /// @param permission that it takes
  /// @throws Problem.NotFound when there is none
  /// @throws Problem.Forbidden when this one may not change it
  public Device change(Principal principal, long deviceId, Permission permission) {
    Device device = devices.findById(deviceId).orElseThrow(Visibility::unknown);
    if (!principal.may(permission) || !mayChange(principal, device)) {
      throw permission == Permission.ASSIGN_SENSORS
          ? forbidden()
          : Problem.forbidden(Text.of("http.forbidden"));
    }
    return device;
  }

  /// A device that is to change itself, with its credentials and shares.
  ///
  /// @throws Problem.NotFound when there is none
  /// @throws Problem.Forbidden when this one may not change it
  public Device edit(Principal principal, long deviceId) {
    requireEditor(principal);
    Device device = devices.findById(deviceId).orElseThrow(Visibility::unknown);
    if (!mayEdit(principal, device)) {
      throw forbidden();
    }
    return device;
  }

  /// Lets pass whoever may change some devices at least, or bring new ones into use.
  ///
  /// @throws Problem.Forbidden for everybody else
  public static void requireEditor(Principal principal) {
    if (!isEditor(principal)) {
      throw forbidden();
    }
  }

  /// Whether somebody may change some devices at least, or bring new ones into use.
  public static boolean isEditor(Principal principal) {
    return principal.mayCreateDevices() && principal.reach() != Reach.SHARED;
  }

  private static Problem unknown() {
    return Problem.notFound(Text.of("http.not_found"));
  }

  private static Problem forbidden() {
    return Problem.forbidden(Text.of("device.forbidden"));
  }
}
