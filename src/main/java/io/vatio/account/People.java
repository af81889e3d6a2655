package io.vatio.account;

import io.vatio.kernel.Principal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The accounts of people, for rooms that name them: operators, who made a thing, with whom one is
/// shared. From memory; thread safe.
public interface People {
  /// Who an account is, with what it may do at this moment; empty for none.
  Optional<Principal.User> find(long accountId);

  /// How many accounts there are.
  int count();

  /// The name of an account, null for none.
  default @Nullable String name(@Nullable Long accountId) {
    return accountId == null ? null : find(accountId).map(Principal.User::username).orElse(null);
  }
}
