/// Who may come in: people, roles, permissions, tokens, keys and the first set-up.
/// Answers one question for every protocol: which [io.vatio.kernel.Principal] is this?
/// Slow password hashing runs on its own bounded threads, never on an event loop.
@NullMarked
package io.vatio.account;

import org.jspecify.annotations.NullMarked;
