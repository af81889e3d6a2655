/// Alerts that programs ask for: accepted, kept as events, written to the log.
/// Rules that raise alerts by themselves, and channels that carry them to people, come to this
/// room.
/// An alert that was answered with 200 is in the database.
@NullMarked
package io.vatio.alert;

import org.jspecify.annotations.NullMarked;
