/// The composition root: command line, settings, and all rooms wired by hand in the order in which
/// they start.
/// Touches everything, touched by nothing.
/// Read [io.vatio.app.Server] from top to bottom to see what Vatio is made of.
@NullMarked
package io.vatio.app;

import org.jspecify.annotations.NullMarked;
