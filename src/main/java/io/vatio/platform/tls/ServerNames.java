package io.vatio.platform.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The names and addresses under which clients may look for this server.
public final class ServerNames {
  private static final Logger LOG = LoggerFactory.getLogger(ServerNames.class);

  private static final int MOST = 50;
  private static final Path KERNEL_NAME = Path.of("/proc/sys/kernel/hostname");

  private ServerNames() {}

  /// Those of this machine and of the public URL. No name server is asked.
  ///
  /// @param publicUrl base of links to the server, null for none
  public static Set<String> of(@Nullable String publicUrl) {
    Set<String> names = new LinkedHashSet<>(Set.of("localhost"));
    names.add(normal("127.0.0.1"));
    names.add(normal("::1"));
    addPublic(names, publicUrl);
    String host = hostName();
    if (isHostName(host)) {
      names.add(host);
      if (host.indexOf('.') < 0) {
        names.add(host + ".local");
      }
    }
    addAddresses(names);
    return names;
  }

  private static void addPublic(Set<String> names, @Nullable String publicUrl) {
    if (publicUrl == null) {
      return;
    }
    String host = URI.create(publicUrl).getHost();
    if (host != null) {
      String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
      if (isAddress(bare) || isHostName(bare)) {
        names.add(normal(bare));
      }
    }
  }

  private static void addAddresses(Set<String> names) {
    try {
      for (NetworkInterface card : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        for (InetAddress address : Collections.list(card.getInetAddresses())) {
          if (!address.isLoopbackAddress()
              && !address.isLinkLocalAddress()
              && names.size() < MOST) {
            names.add(normal(address.getHostAddress()));
          }
        }
      }
    } catch (IOException e) {
      LOG.warn("tls: own addresses not known: {}", e.getMessage());
    }
  }

  private static String hostName() {
    try {
      if (Files.isReadable(KERNEL_NAME)) {
        return Files.readString(KERNEL_NAME).strip().toLowerCase(Locale.ROOT);
      }
      return InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT);
    } catch (IOException _) {
      return "";
    }
  }

  private static boolean isHostName(String text) {
    return text.length() <= 253
        && text.matches(
            "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*");
  }

  /// Whether this is written like an address; never asks a name server.
  static boolean isAddress(String text) {
    return text.indexOf(':') >= 0 || text.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  /// One spelling for each name: lower case, addresses as Java writes them, without zone.
  static String normal(String name) {
    if (!isAddress(name)) {
      return name.toLowerCase(Locale.ROOT);
    }
    int zone = name.indexOf('%');
    try {
      return InetAddress.ofLiteral(zone < 0 ? name : name.substring(0, zone)).getHostAddress();
    } catch (IllegalArgumentException _) {
      return name;
    }
  }
}
