package io.vatio.account;

import io.vatio.kernel.Principal;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// How to reach people, and the codes that prove it. Asking about people is answered from memory;
/// codes and changes go to the database and block. Thread safe.
public final class Contacts {
  private final Accounts accounts;
  private final Codes codes;

  Contacts(Accounts accounts, Codes codes) {
    this.accounts = accounts;
    this.codes = codes;
  }

  public Optional<Contact> findById(long accountId) {
    return accounts.findById(accountId).map(Contact::of);
  }

  /// Whose Telegram chat this is.
  public Optional<Contact> findByTelegramChat(String chat) {
    return accounts.findByTelegramChat(chat).map(Contact::of);
  }

  /// Who a person is and what this one may do now; empty for one who may not log in.
  public Optional<Principal.User> principal(long accountId) {
    return accounts.findById(accountId).filter(Account::active).map(accounts::principal);
  }

  /// Everybody, in the order they joined; ask [Contact#takesMail] and [Contact#takesTelegram].
  public List<Contact> list() {
    return accounts.list().stream().map(Contact::of).toList();
  }

  /// Links a Telegram chat with a person and takes it from nobody else.
  ///
  /// @return whether it was free and the person is there
  public boolean linkTelegram(long accountId, String chat, @Nullable String username) {
    return accounts.linkTelegram(accountId, chat, username);
  }

  /// @return whether there was something to unlink
  public boolean unlinkTelegram(long accountId) {
    boolean linked = findById(accountId).filter(c -> c.telegramChat() != null).isPresent();
    accounts.update(
        accountId,
        draft -> {
          draft.telegramChat = null;
          draft.telegramUsername = null;
        });
    return linked;
  }

  /// Whether this person wants messages of the bot.
  public void setTelegramNotifications(long accountId, boolean wanted) {
    accounts.update(accountId, draft -> draft.telegramNotifications = wanted);
  }

  /// Whether this person wants mail.
  public void setEmailNotifications(long accountId, boolean wanted) {
    accounts.update(accountId, draft -> draft.emailNotifications = wanted);
  }

  /// Notes that an address was proved to be the person's own.
  ///
  /// @return whether it still is the person's address
  public boolean verifyEmail(long accountId, String address) {
    return accounts
        .update(accountId, draft -> draft.emailVerified |= draft.email.equals(address))
        .filter(account -> account.emailVerified() && account.email().equals(address))
        .isPresent();
  }

  /// Makes a code for a person, in place of the one of its kind that was there; the only time that
  /// it is known.
  ///
  /// @param subject what it is for, such as the address; given back by the check
  public String makeCode(long accountId, CodePurpose purpose, String subject) {
    return codes.make(accountId, purpose, subject);
  }

  /// Whether a person was sent this code; it stays good. Ten wrong ones void it.
  public CodeCheck checkCode(long accountId, CodePurpose purpose, String code) {
    return codes.check(accountId, purpose, code, false);
  }

  /// Uses the code that a person was sent. Ten wrong ones void it.
  public CodeCheck useCode(long accountId, CodePurpose purpose, String code) {
    return codes.check(accountId, purpose, code, true);
  }

  /// Whose code this is; it stays good. A short one can be guessed: slow the sender down.
  public CodeCheck checkCode(CodePurpose purpose, String code) {
    return codes.check(purpose, code, false);
  }

  /// Uses a code without knowing whose it is. A short one can be guessed: slow the sender down.
  public CodeCheck useCode(CodePurpose purpose, String code) {
    return codes.check(purpose, code, true);
  }

  /// Forgets the code of a person, that could not be sent.
  public void dropCode(long accountId, CodePurpose purpose) {
    codes.drop(accountId, purpose);
  }

  /// When a person was last sent a code, empty for never.
  public Optional<Instant> codeSentAt(long accountId, CodePurpose purpose) {
    return codes.findSent(accountId, purpose).map(Codes.Sent::at);
  }

  /// Whether a person has a code that can still be used.
  public boolean hasPendingCode(long accountId, CodePurpose purpose) {
    return codes.findSent(accountId, purpose).filter(Codes.Sent::pending).isPresent();
  }
}
