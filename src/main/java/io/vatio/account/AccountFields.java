package io.vatio.account;

import io.vatio.kernel.Text;
import io.vatio.platform.http.Fields;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Reads what a body says about an account and notes what is wrong with it.
final class AccountFields {
  private static final int MAX_EMAIL = 254;
  private static final int MAX_NAME = 150;
  private static final int MAX_TYPE = 20;

  private static final Pattern EMAIL =
      Pattern.compile(
          "[^\\s@<>\"\\p{Cntrl}]{1,64}@[^\\s@<>\"\\p{Cntrl}]+\\.[^\\s@<>\"\\p{Cntrl}.]+");

  private final Fields fields;
  private final Accounts accounts;

  /// Whose fields they are; null for somebody new.
  private final @Nullable Account present;

  AccountFields(Fields fields, Accounts accounts, @Nullable Account present) {
    this.fields = fields;
    this.accounts = accounts;
    this.present = present;
  }

  /// A name that must be there and that nobody else has.
  String username() {
    String username = fields.text("username", Accounts.MAX_USERNAME_LENGTH);
    if (fields.isFine("username") && !Accounts.isUsername(username)) {
      fields.fault("username", Text.of("account.username_wrong"));
    }
    if (fields.isFine("username") && isTaken(accounts.findByName(username))) {
      fields.fault("username", Text.of("account.username_taken"));
    }
    return username;
  }

  /// An address that must be there and that nobody else has.
  String email() {
    String email = fields.text("email", MAX_EMAIL).strip();
    checkEmail(email);
    return email;
  }

  /// An address that may be missing.
  String optionalEmail() {
    String email = fields.text("email", MAX_EMAIL, "").strip();
    if (!email.isEmpty()) {
      checkEmail(email);
    }
    return email;
  }

  private void checkEmail(String email) {
    if (fields.isFine("email") && !EMAIL.matcher(email).matches()) {
      fields.fault("email", Text.of("account.email_wrong"));
    }
    if (fields.isFine("email") && isTaken(accounts.findByEmail(email))) {
      fields.fault("email", Text.of("account.email_taken"));
    }
  }

  private boolean isTaken(Optional<Account> holder) {
    return holder.isPresent() && (present == null || holder.get().id() != present.id());
  }

  /// A first or last name that must be there.
  String name(String field) {
    return fields.text(field, MAX_NAME).strip();
  }

  /// A first or last name that may be missing.
  String name(String field, String missing) {
    return fields.text(field, MAX_NAME, missing).strip();
  }

  /// `interno` or `externo`.
  String type(String missing) {
    String type = fields.text("tipo_usuario", MAX_TYPE, missing);
    if (fields.isFine("tipo_usuario")
        && !List.of(Account.INTERNAL, Account.EXTERNAL).contains(type)) {
      fields.fault("tipo_usuario", Text.of("http.not_a_choice", type));
    }
    return type;
  }

  /// The id of a role that exists, null for none.
  @Nullable Long role() {
    Long id = fields.optionalId("rol");
    if (id != null && accounts.roles().findById(id).isEmpty()) {
      fields.fault("rol", Text.of("http.key_unknown", Long.toString(id)));
    }
    return id;
  }
}
