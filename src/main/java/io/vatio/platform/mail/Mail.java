package io.vatio.platform.mail;

import org.jspecify.annotations.Nullable;

/// One e-mail to one person.
///
/// @param to the address
/// @param text the plain form, always there
/// @param html the same for programs that show it, null for none; already escaped
public record Mail(String to, String subject, String text, @Nullable String html) {}
