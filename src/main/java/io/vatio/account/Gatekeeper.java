package io.vatio.account;

import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Principal;
import io.vatio.platform.http.Cidr;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The one door: tells who is asking, from what the protocols bring.
///
/// Device credentials, API keys and tokens are checked from memory and at once; only a person's
/// password takes its time, on threads of its own. What cannot be guessed (32 random characters, a
/// signature) is not throttled, so a fleet with old credentials behind one address locks nobody
/// out.
final class Gatekeeper implements Authenticator {
  private static final Outcome DENIED = new Outcome.Denied();

  private final Accounts accounts;
  private final Logins logins;
  private final Tokens tokens;
  private final ApiKeys apiKeys;
  private final DeviceDoor devices;
  private final CertificateDoor certificates;
  private final List<Cidr> trustedNetworks;
  private final String trustedRole;

  Gatekeeper(
      Accounts accounts,
      Logins logins,
      Tokens tokens,
      ApiKeys apiKeys,
      DeviceDoor devices,
      CertificateDoor certificates,
      AccountSettings settings) {
    this.accounts = accounts;
    this.logins = logins;
    this.tokens = tokens;
    this.apiKeys = apiKeys;
    this.devices = devices;
    this.certificates = certificates;
    this.trustedNetworks = settings.trustedNetworks();
    this.trustedRole = settings.trustedRole();
  }

  @Override
  public CompletableFuture<Outcome> password(String name, String secret, String address) {
    if (DeviceDoor.isDeviceName(name)) {
      return now(devices.findByPassword(name, secret));
    }
    if (ApiKeys.isKey(secret)) {
      return now(apiKeys.find(secret));
    }
    return logins
        .check(name, secret, address)
        .thenApply(
            outcome ->
                switch (outcome) {
                  case LoginOutcome.Granted(Account account) ->
                      new Outcome.Granted(accounts.principal(account));
                  case LoginOutcome.Denied() -> DENIED;
                  case LoginOutcome.Throttled(long seconds) -> new Outcome.Throttled(seconds);
                });
  }

  @Override
  public CompletableFuture<Outcome> token(String token, String address) {
    if (ApiKeys.isKey(token)) {
      return now(apiKeys.find(token));
    }
    return tokens
        .read(token)
        .map(this::bearer)
        .orElseGet(() -> CompletableFuture.completedFuture(DENIED));
  }

  @Override
  public CompletableFuture<Outcome> certificate(X509Certificate certificate, String address) {
    return now(certificates.find(certificate));
  }

  private CompletableFuture<Outcome> bearer(Tokens.Claims claims) {
    return switch (claims) {
      case Tokens.AccessClaims access ->
          CompletableFuture.completedFuture(
              accounts.find(access).map(this::entering).orElse(DENIED));
      case Tokens.DeviceClaims device -> now(devices.findByToken(device));
      // Buys tokens, opens nothing.
      case Tokens.RefreshClaims _ -> CompletableFuture.completedFuture(DENIED);
    };
  }

  private Outcome entering(Account account) {
    return account.active()
        ? new Outcome.Granted(accounts.principal(account))
        : new Outcome.Inactive();
  }

  @Override
  public @Nullable Principal trusted(String address) {
    if (!isTrusted(address)) {
      return null;
    }
    return accounts
        .roles()
        .findByName(trustedRole)
        .map(role -> new Principal.Trusted(address, role.name(), role.permissions()))
        .orElse(null);
  }

  private boolean isTrusted(String address) {
    return trustedNetworks.stream().anyMatch(network -> network.contains(address));
  }

  private static CompletableFuture<Outcome> now(Optional<? extends Principal> principal) {
    return CompletableFuture.completedFuture(
        principal.<Outcome>map(Outcome.Granted::new).orElse(DENIED));
  }
}
