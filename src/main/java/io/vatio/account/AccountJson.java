package io.vatio.account;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.platform.text.Messages;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/// Accounts on the wire, in the words of the sensor platform's API. Never a hash or a token that
/// was not asked for.
final class AccountJson {
  private final Accounts accounts;
  private final Messages messages;

  AccountJson(Accounts accounts, Messages messages) {
    this.accounts = accounts;
    this.messages = messages;
  }

  /// The answer to a login: who it is, and the two tokens.
  ObjectNode session(
      Account account, String refresh, String access, Text message, String language) {
    ObjectNode body = Json.object();
    body.set("user", user(account, language));
    body.put("refresh", refresh);
    body.put("access", access);
    body.put("message", messages.in(language, message));
    return body;
  }

  ObjectNode user(Account account, String language) {
    ObjectNode user = Json.object();
    user.put("id", account.id());
    user.put("username", account.username());
    user.put("email", account.email());
    user.put("first_name", account.firstName());
    user.put("last_name", account.lastName());
    user.put("full_name", account.fullName());
    user.put("tipo_usuario", account.type());
    user.put("tipo_usuario_display", messages.in(language, typeLabel(account)));
    user.put("is_active", account.active());
    user.put("is_staff", account.staff());
    user.put("is_superuser", account.superuser());
    user.put("rol", account.roleId());
    user.set("rol_detail", accounts.findRole(account.roleId()).map(this::role).orElse(null));
    user.put("created_at", time(account.createdAt()));
    user.put("updated_at", time(account.updatedAt()));
    user.put("last_login", time(account.lastLogin()));
    return user;
  }

  /// What the audit log compares.
  static ObjectNode audited(Account account) {
    ObjectNode user = Json.object();
    user.put("username", account.username());
    user.put("email", account.email());
    user.put("first_name", account.firstName());
    user.put("last_name", account.lastName());
    user.put("tipo_usuario", account.type());
    user.put("is_active", account.active());
    user.put("is_staff", account.staff());
    user.put("is_superuser", account.superuser());
    user.put("rol", account.roleId());
    user.put("email_verified", account.emailVerified());
    user.put("email_notifications_enabled", account.emailNotifications());
    user.put("telegram_chat_id", account.telegramChat());
    user.put("telegram_username", account.telegramUsername());
    user.put("telegram_notifications_enabled", account.telegramNotifications());
    return user;
  }

  private static Text typeLabel(Account account) {
    return account.type().equals(Account.INTERNAL)
        ? Text.of("account.type_interno")
        : Text.of("account.type_externo");
  }

  private ObjectNode role(Role role) {
    ObjectNode node = Json.object();
    node.put("id", role.id());
    node.put("nombre", role.name());
    node.put("nombre_display", role.label());
    node.put("descripcion", role.description());
    ArrayNode permissions = node.putArray("permisos");
    for (Role.Grant grant : role.grants()) {
      ObjectNode permission = permissions.addObject();
      permission.put("id", grant.id());
      permission.put("nombre", grant.name());
      permission.put("codigo", grant.permission().code());
      permission.put("descripcion", grant.description());
      permission.put("created_at", time(grant.createdAt()));
    }
    node.put("created_at", time(role.createdAt()));
    node.put("updated_at", time(role.updatedAt()));
    return node;
  }

  static @Nullable String time(@Nullable Instant instant) {
    return instant == null ? null : instant.truncatedTo(ChronoUnit.MICROS).toString();
  }
}
