/// The door to storage: one SQLite file or one PostgreSQL database behind the same two verbs, read
/// and write.
/// Knows connections, transactions, migrations and threads; no table of any room.
/// A write returns after its commit was forced to the disk, never before.
@NullMarked
package io.vatio.platform.db;

import org.jspecify.annotations.NullMarked;
