package io.vatio.account;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Access;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vertx.core.http.HttpMethod;
import java.util.Optional;
import java.util.OptionalLong;

/// Numbers of accounts in a form that can be shown. Whoever may not see the users gets his own
/// only: otherwise anybody could try all numbers and learn all names.
final class IdRoutes {
  private final Accounts accounts;
  private final IdCipher cipher;
  private final AccountJson json;

  IdRoutes(Accounts accounts, IdCipher cipher, AccountJson json) {
    this.accounts = accounts;
    this.cipher = cipher;
    this.json = json;
  }

  void addTo(HttpApi api) {
    api.route(HttpMethod.GET, "/api/login/cifrarID/:id", Access.ANYONE, this::seal);
    api.route(HttpMethod.POST, "/api/login/descifrarID", Access.ANYONE, this::open);
  }

  private Reply seal(Request request) {
    Optional<Account> account = find(request, request.pathId("id"));
    if (account.isEmpty()) {
      return unknown(request);
    }
    ObjectNode body = Json.object();
    body.put("encrypted_id", cipher.seal(account.get().id()));
    body.put("user_id", account.get().id());
    body.put("username", account.get().username());
    return Reply.ok(body);
  }

  private Reply open(Request request) {
    JsonNode given = request.object().path("encrypted_id");
    if (given.isMissingNode() || given.isNull() || given.asText("x").isEmpty()) {
      return error(request, 400, Text.of("account.cipher_missing"));
    }
    OptionalLong id = cipher.open(given.asText());
    if (id.isEmpty()) {
      return error(request, 400, Text.of("account.cipher_wrong"));
    }
    Optional<Account> account = find(request, id.getAsLong());
    if (account.isEmpty()) {
      return unknown(request);
    }
    ObjectNode body = Json.object();
    body.put("decrypted_id", account.get().id());
    body.put("user_id", account.get().id());
    body.put("username", account.get().username());
    return Reply.ok(body);
  }

  private Optional<Account> find(Request request, long id) {
    boolean allowed =
        Rights.isOwn(request.principal(), id) || request.principal().may(Permission.VIEW_USERS);
    return allowed ? accounts.findById(id) : Optional.empty();
  }

  private Reply unknown(Request request) {
    return error(request, 404, Text.of("account.user_unknown"));
  }

  private Reply error(Request request, int status, Text text) {
    return Reply.json(status, json.error(request.language(), text));
  }
}
