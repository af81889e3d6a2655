package io.vatio.platform.http;

import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Tickets that open one stream each: browsers cannot send headers with an `EventSource`, and a
/// token in an address ends up in logs. In memory only; thread safe.
public final class TicketBooth {
  /// How long a ticket waits to be used.
  public static final Duration LIFETIME = Duration.ofSeconds(30);

  /// Unused tickets of one principal; with one more the oldest is worth nothing.
  static final int PER_PRINCIPAL = 50;

  private static final int TOTAL = 10_000;
  private static final int BYTES = 32;

  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  /// In order of issue, which is the order of expiry.
  private final Map<String, Ticket> tickets = new LinkedHashMap<>();

  public TicketBooth(Clock clock) {
    this.clock = clock;
  }

  /// A ticket for whoever sent this request, with all his rights and none more.
  public synchronized String issue(Request request) {
    long now = clock.millis();
    dropExpired(now);
    dropOldestOf(request.principal());
    if (tickets.size() >= TOTAL) {
      throw Problem.unavailable(Text.of("http.too_many_tickets"), LIFETIME);
    }
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    String ticket = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    tickets.put(
        ticket,
        new Ticket(request.principal(), HttpApi.credential(request), now + LIFETIME.toMillis()));
    return ticket;
  }

  /// Takes a ticket back; empty for one that is unknown, used or expired.
  synchronized Optional<Ticket> redeem(String ticket) {
    dropExpired(clock.millis());
    return Optional.ofNullable(tickets.remove(ticket));
  }

  private void dropExpired(long now) {
    Iterator<Ticket> oldest = tickets.values().iterator();
    while (oldest.hasNext() && oldest.next().expiresAt() <= now) {
      oldest.remove();
    }
  }

  private void dropOldestOf(Principal principal) {
    String name = principal.name();
    if (tickets.values().stream().filter(t -> t.principal().name().equals(name)).count()
        >= PER_PRINCIPAL) {
      Iterator<Ticket> all = tickets.values().iterator();
      while (all.hasNext()) {
        if (all.next().principal().name().equals(name)) {
          all.remove();
          return;
        }
      }
    }
  }

  /// @param credential that the ticket was issued for
  /// @param expiresAt ms since 1970
  record Ticket(Principal principal, Credential credential, long expiresAt) {}
}
