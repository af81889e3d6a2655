package io.vatio.messaging;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Reply;
import io.vatio.platform.http.Request;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.util.OptionalLong;

/// What the end points of this room have in common: whose account it is about, and
/// `{"success", "error"}`.
record Answers(Contacts contacts, Messages messages) {
  private static final String RETRY_S = "60";

  /// The account of a person who logged in. A key does not speak for the person in this.
  Contact self(Request request) {
    if (request.principal() instanceof Principal.User user) {
      return present(user.id());
    }
    throw Problem.forbidden(Text.of("http.forbidden"));
  }

  /// The account of a person, or of whoever made the key.
  Contact owner(Request request) {
    OptionalLong account = request.principal().account();
    if (account.isEmpty()) {
      throw Problem.forbidden(Text.of("http.forbidden"));
    }
    return present(account.getAsLong());
  }

  private Contact present(long id) {
    return contacts.findById(id).orElseThrow(() -> Problem.notFound(Text.of("http.not_found")));
  }

  /// A refusal with its sentence in a field, `error` or `message`.
  Reply failed(Request request, int status, String field, Text text) {
    ObjectNode body = Json.object().put("success", false);
    body.put(field, messages.in(request.language(), text));
    Reply reply = Reply.json(status, body);
    return status == 503 ? reply.with("Retry-After", RETRY_S) : reply;
  }

  Reply failed(Request request, int status, Text text) {
    return failed(request, status, "error", text);
  }

  /// `{"success": true, "message": …}`, to go on with.
  ObjectNode done(Request request, Text text) {
    return Json.object().put("success", true).put("message", messages.in(request.language(), text));
  }
}
