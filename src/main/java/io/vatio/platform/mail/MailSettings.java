package io.vatio.platform.mail;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How e-mail goes out.
///
/// @param from sender, an address with or without a name
/// @param authority certificates (PEM) to trust, null for those of the system
public record MailSettings(SmtpUrl server, String from, @Nullable Path authority) {}
