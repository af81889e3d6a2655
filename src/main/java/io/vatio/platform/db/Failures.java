package io.vatio.platform.db;

import java.sql.SQLException;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/// Tells trouble of the database (try later) from faults of a statement (a bug) and from what a
/// room threw on purpose.
final class Failures {
  private Failures() {}

  static RuntimeException translate(String verb, Throwable failure) {
    SQLException sql = sqlCause(failure);
    if (sql != null && (failure instanceof JdbiException || failure instanceof SQLException)) {
      return isConstraint(sql)
          ? new ConstraintException(String.valueOf(sql.getMessage()), failure)
          : new StorageException(verb + ": " + sql.getMessage(), failure);
    }
    return switch (failure) {
      case RuntimeException e -> e;
      case Error e -> throw e;
      default -> new StorageException(verb + ": " + failure.getMessage(), failure);
    };
  }

  private static @Nullable SQLException sqlCause(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof SQLException e) {
        return e;
      }
    }
    return null;
  }

  private static boolean isConstraint(SQLException e) {
    // 19 = SQLITE_CONSTRAINT; class 23 = integrity constraint violation in PostgreSQL.
    return (e.getErrorCode() & 0xff) == 19
        || (e.getSQLState() != null && e.getSQLState().startsWith("23"));
  }
}
