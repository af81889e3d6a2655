/// Readings at rest: one value of one series at one moment, stored once, kept in order.
/// New ones go to an append-only table and to memory; quiet moments settle them by series and time.
/// Two stores, SQLite and PostgreSQL, give the same answers to the same questions.
@NullMarked
package io.vatio.reading;

import org.jspecify.annotations.NullMarked;
