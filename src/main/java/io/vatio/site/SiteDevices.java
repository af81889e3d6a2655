package io.vatio.site;

import io.vatio.kernel.Principal;
import java.util.Map;

/// The devices of sites, which this room does not know itself. From memory; thread safe.
public interface SiteDevices {
  /// How many devices of each site somebody sees; sites without any are missing.
  Map<Long, Integer> countSeen(Principal principal);

  /// How many devices a site has.
  int count(long siteId);
}
