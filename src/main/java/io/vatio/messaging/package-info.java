/// Reaches people: e-mail and Telegram, addresses that prove to be theirs, what they want to hear.
/// The bot asks Telegram for commands and answers those of linked accounts, within what they see.
/// A server that hangs delays whoever sends through it and nobody else; codes are stored hashed.
@NullMarked
package io.vatio.messaging;

import org.jspecify.annotations.NullMarked;
