/// One file with everything that a server knows: tables, keys and certificates at one moment.
/// A backup is taken beside the running server and does not stop it; a restore fills an empty
/// place, of either database. The rows are written without any dialect, so that a server can move
/// from the embedded database to PostgreSQL.
@NullMarked
package io.vatio.backup;

import org.jspecify.annotations.NullMarked;
