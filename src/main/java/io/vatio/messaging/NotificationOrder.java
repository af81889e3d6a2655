package io.vatio.messaging;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.account.Contact;
import io.vatio.account.Contacts;
import io.vatio.audit.AuditLog;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Fields;
import io.vatio.platform.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/// What a superuser wants to tell whom.
///
/// @param subject empty for the usual one
/// @param kind info, warning, error, success
/// @param userIds in the order given, each once
/// @param everybody who has proved an address
record NotificationOrder(
    String message, String subject, String kind, Set<Long> userIds, boolean everybody) {
  private static final Set<String> KINDS = Set.of("info", "warning", "error", "success");
  private static final int MAX_USERS = 1_000;
  private static final int MAX_SUBJECT = 200;
  private static final int MAX_WORD = 50;

  /// @param maxMessage characters
  static NotificationOrder read(ObjectNode body, int maxMessage) {
    Fields fields = new Fields(body);
    String message = fields.text("message", maxMessage);
    String subject = fields.text("subject", MAX_SUBJECT, "");
    String kind = fields.text("notification_type", MAX_WORD, "info");
    if (fields.isFine("notification_type") && !KINDS.contains(kind)) {
      fields.fault("notification_type", Text.of("http.not_a_choice", kind));
    }
    Set<Long> ids = ids(body.path("user_ids"), fields);
    boolean everybody = flag(body, "send_to_all_verified", fields);
    fields.check();
    return new NotificationOrder(message, subject, kind, ids, everybody);
  }

  private static Set<Long> ids(JsonNode list, Fields fields) {
    Set<Long> ids = new LinkedHashSet<>();
    if (list.isMissingNode() || list.isNull()) {
      return ids;
    }
    boolean good = list.isArray() && list.size() <= MAX_USERS;
    for (JsonNode id : list) {
      good &= id.isIntegralNumber() && id.canConvertToLong();
      ids.add(id.asLong());
    }
    if (!good) {
      fields.fault("user_ids", Text.of("messaging.user_ids", Integer.toString(MAX_USERS)));
    }
    return ids;
  }

  /// A true or false that may be missing, which is false.
  static boolean flag(ObjectNode body, String name, Fields fields) {
    JsonNode node = body.path(name);
    if (!node.isMissingNode() && !node.isNull() && !node.isBoolean()) {
      fields.fault(name, Text.of("http.field_boolean"));
    }
    return node.asBoolean(false);
  }

  boolean hasRecipients() {
    return everybody || !userIds.isEmpty();
  }

  /// Whom it is for; those of [#userIds] that are nobody are left out.
  ///
  /// @param reachable who counts for [#everybody]
  List<Contact> recipients(Contacts contacts, Predicate<Contact> reachable) {
    if (everybody) {
      return contacts.list().stream().filter(reachable).toList();
    }
    List<Contact> found = new ArrayList<>();
    for (long id : userIds) {
      Optional<Contact> contact = contacts.findById(id);
      contact.ifPresent(found::add);
    }
    return found;
  }

  /// Those of [#userIds] that are nobody.
  List<Long> strangers(Contacts contacts) {
    return everybody
        ? List.of()
        : userIds.stream().filter(id -> contacts.findById(id).isEmpty()).toList();
  }

  /// Notes in the audit log that it went out.
  void audit(AuditLog audit, Handle handle, String channel, int sent, int failed) {
    ObjectNode changes = Json.object();
    changes.putObject("canal").putNull("old").put("new", channel);
    changes.putObject("tipo").putNull("old").put("new", kind);
    changes.putObject("enviados").putNull("old").put("new", sent);
    changes.putObject("fallidos").putNull("old").put("new", failed);
    String name = subject.isBlank() ? PlainText.line(message, MAX_SUBJECT) : subject;
    audit.note(
        handle, AuditLog.Action.CREATE, new AuditLog.Target("Notificacion", "", name), changes);
  }
}
