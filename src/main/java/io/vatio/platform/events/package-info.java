/// Says inside the program that something has happened: a doorbell, never the parcel.
/// Subscribers are called on the publisher's thread, so they only take note and return.
/// What must not be lost is read from storage by a cursor, not from here.
@NullMarked
package io.vatio.platform.events;

import org.jspecify.annotations.NullMarked;
