/// Alerts that programs ask for: accepted, kept as events with who was told and who has seen them.
/// Rules that raise alerts by themselves come to this room; messaging carries them to people.
/// An alert that was answered with 200 is in the database.
@NullMarked
package io.vatio.alert;

import org.jspecify.annotations.NullMarked;
