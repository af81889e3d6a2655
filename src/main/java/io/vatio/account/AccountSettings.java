package io.vatio.account;

import io.vatio.platform.http.Cidr;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What the installation says about access.
///
/// @param keys folder of the signing keys; made when missing
/// @param adminUser name of the first superuser
/// @param adminPassword of the first superuser; null: a set-up code is asked for instead. Counts
///     only while there is no account at all
/// @param trustedNetworks whose requests without credentials act as `trustedRole`
/// @param trustedRole name of a role
/// @param registrationOpen whether strangers can make accounts for themselves
/// @param publicUrl base of links in mails, null for none
/// @param demo whether this is a throw-away demonstration with a public password
public record AccountSettings(
    Path keys,
    String adminUser,
    @Nullable String adminPassword,
    List<Cidr> trustedNetworks,
    String trustedRole,
    boolean registrationOpen,
    @Nullable String publicUrl,
    boolean demo) {
  public AccountSettings {
    trustedNetworks = List.copyOf(trustedNetworks);
  }

  /// Without the password.
  @Override
  public String toString() {
    return "AccountSettings[keys=%s, adminUser=%s, adminPassword=%s, trustedNetworks=%s, trustedRole=%s, registrationOpen=%s, publicUrl=%s, demo=%s]"
        .formatted(
            keys,
            adminUser,
            adminPassword == null ? "none" : "***",
            trustedNetworks,
            trustedRole,
            registrationOpen,
            publicUrl,
            demo);
  }
}
