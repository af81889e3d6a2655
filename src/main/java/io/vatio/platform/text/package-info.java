/// Sentences for people, in their language: Spanish first, English complete.
/// The bundles `messages_es.properties` and `messages_en.properties` hold them; a test compares
/// keys.
/// Nobody else reads the bundles.
@NullMarked
package io.vatio.platform.text;

import org.jspecify.annotations.NullMarked;
