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

  /// `{"message": …}`.
  ObjectNode message(String language, Text text) {
    return Json.object().put("message", messages.in(language, text));
  }

  /// `{"error": …}`, as the original words what it checks by hand.
  ObjectNode error(String language, Text text) {
    return Json.object().put("error", messages.in(language, text));
  }

  /// Everything about an account.
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
    user.set(
        "rol_detail",
        accounts.roles().findById(account.roleId()).map(AccountJson::role).orElse(null));
    user.put("created_at", time(account.createdAt()));
    user.put("updated_at", time(account.updatedAt()));
    user.put("last_login", time(account.lastLogin()));
    Contact contact = Contact.of(account);
    user.put("telegram_chat_id", account.telegramChat());
    user.put("telegram_username", account.telegramUsername());
    user.put("telegram_notifications_enabled", account.telegramNotifications());
    user.put("telegram_verified", account.telegramChat() != null);
    user.put("can_receive_telegram", contact.takesTelegram());
    user.put("email_verified", account.emailVerified());
    user.put("email_notifications_enabled", account.emailNotifications());
    user.put("can_receive_email", contact.takesMail());
    return user;
  }

  /// What whoever made or changed an account hears.
  static ObjectNode brief(Account account) {
    ObjectNode user = Json.object();
    user.put("id", account.id());
    user.put("username", account.username());
    user.put("email", account.email());
    user.put("first_name", account.firstName());
    user.put("last_name", account.lastName());
    user.put("tipo_usuario", account.type());
    user.put("is_active", account.active());
    user.put("rol", account.roleId());
    return user;
  }

  /// What the audit log compares.
  static ObjectNode audited(Account account) {
    ObjectNode user = brief(account);
    user.remove("id");
    user.put("is_staff", account.staff());
    user.put("is_superuser", account.superuser());
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

  static ObjectNode role(Role role) {
    ObjectNode node = Json.object();
    node.put("id", role.id());
    node.put("nombre", role.name());
    node.put("nombre_display", role.label());
    node.put("descripcion", role.description());
    ArrayNode permissions = node.putArray("permisos");
    role.grants().forEach(grant -> permissions.add(permission(grant)));
    node.put("created_at", time(role.createdAt()));
    node.put("updated_at", time(role.updatedAt()));
    node.put("alcance", role.reach().code());
    return node;
  }

  static ObjectNode permission(NamedPermission permission) {
    ObjectNode node = Json.object();
    node.put("id", permission.id());
    node.put("nombre", permission.name());
    node.put("codigo", permission.code());
    node.put("descripcion", permission.description());
    node.put("created_at", time(permission.createdAt()));
    return node;
  }

  static @Nullable String time(@Nullable Instant instant) {
    return instant == null ? null : instant.truncatedTo(ChronoUnit.MICROS).toString();
  }
}
