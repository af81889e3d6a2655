/// Work that goes on beside: threads that do a round every so often and survive what goes wrong in
/// it.
/// Knows no round; a room brings its own.
/// A round may fail or be killed at any moment, and the next one does what is missing.
@NullMarked
package io.vatio.platform.schedule;

import org.jspecify.annotations.NullMarked;
