/// JSON in and out: one mapper with one set of rules for the whole program.
/// Knows nothing of what the JSON is about.
/// Strict on input (no NaN, no trailing rubbish, bounded depth), plain on output.
@NullMarked
package io.vatio.platform.json;

import org.jspecify.annotations.NullMarked;
