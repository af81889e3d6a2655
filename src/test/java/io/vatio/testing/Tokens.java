package io.vatio.testing;

import io.vatio.kernel.Authenticator;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/// An authenticator with four people, known by their bearer tokens `admin`, `manager`, `operator`,
/// `viewer`, and more that a test adds.
public final class Tokens implements Authenticator {
  public final Map<String, Principal> principals = new ConcurrentHashMap<>();
  public volatile Principal trusted;

  public Tokens() {
    principals.put(
        "admin", new Principal.User(1, "admin", true, "superusuario", Set.of(), Reach.ALL));
    principals.put(
        "manager", user(2, "manager", Permission.VIEW_DEVICES, Permission.MANAGE_DEVICES));
    principals.put(
        "operator",
        user(
            3,
            "operator",
            Permission.VIEW_DEVICES,
            Permission.VIEW_READINGS,
            Permission.ASSIGN_SENSORS));
    principals.put("viewer", user(4, "viewer", Permission.VIEW_DEVICES, Permission.VIEW_READINGS));
    principals.put("device", new Principal.Device(9, "TMP1"));
  }

  public static Principal.User user(long id, String name, Permission... permissions) {
    Set<Permission> held = EnumSet.noneOf(Permission.class);
    held.addAll(Arrays.asList(permissions));
    return new Principal.User(id, name, false, name, held, Reach.ALL);
  }

  @Override
  public CompletableFuture<Outcome> password(String name, String secret, String address) {
    return CompletableFuture.completedFuture(new Outcome.Denied());
  }

  @Override
  public CompletableFuture<Outcome> token(String token, String address) {
    Principal principal = principals.get(token);
    return CompletableFuture.completedFuture(
        principal == null ? new Outcome.Denied() : new Outcome.Granted(principal));
  }

  @Override
  public Principal trusted(String address) {
    return trusted;
  }
}
