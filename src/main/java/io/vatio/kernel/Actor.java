package io.vatio.kernel;

import java.util.Optional;

/// Who does something and from where, for the audit log. Known to everything that runs on the
/// thread of a request, without being handed from method to method; work that no person asked for
/// has none.
///
/// @param address of the peer
/// @param userAgent what the client calls itself, empty for nothing
public record Actor(Principal principal, String address, String userAgent) {
  private static final ScopedValue<Actor> CURRENT = ScopedValue.newInstance();

  /// Who has asked for what this thread is doing.
  public static Optional<Actor> current() {
    return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
  }

  /// Does a piece of work in the name of this one.
  public <T, X extends Throwable> T doing(ScopedValue.CallableOp<T, X> work) throws X {
    return ScopedValue.where(CURRENT, this).call(work);
  }
}
