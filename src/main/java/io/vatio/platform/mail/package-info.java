/// Sends e-mail through the SMTP server of the settings.
/// Knows addresses and texts, not what they are about.
/// Calls block until the server has taken the mail, or say why not.
@NullMarked
package io.vatio.platform.mail;

import org.jspecify.annotations.NullMarked;
