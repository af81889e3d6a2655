package io.vatio.account;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import java.util.Set;

/// The rule that nobody gives away, or takes from others, more than he has himself. Superusers have
/// everything.
final class Rights {
  private Rights() {}

  static boolean isSuperuser(Principal principal) {
    return principal instanceof Principal.User user && user.superuser();
  }

  /// Whether this is the account of the one who asks, or of the one who made his key.
  static boolean isOwn(Principal principal, long accountId) {
    return principal.account().isPresent() && principal.account().getAsLong() == accountId;
  }

  /// @throws Problem.Forbidden when somebody has rights that the one who asks has not
  static void requireOver(Principal principal, Principal.User other) {
    if (other.superuser() && !isSuperuser(principal)) {
      throw beyond();
    }
    require(principal, other.permissions(), other.reach());
  }

  /// @throws Problem.Forbidden when the one who asks does not have all of this
  static void require(Principal principal, Set<Permission> permissions, Reach reach) {
    if (isSuperuser(principal)) {
      return;
    }
    // A smaller reach comes later in the list of them.
    boolean enough =
        permissions.stream().allMatch(principal::may) && principal.reach().compareTo(reach) <= 0;
    if (!enough) {
      throw beyond();
    }
  }

  static Problem beyond() {
    return Problem.forbidden(Text.of("account.beyond_own"));
  }
}
