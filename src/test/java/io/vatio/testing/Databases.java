package io.vatio.testing;

import io.vatio.platform.db.BeforeUpgrade;
import io.vatio.platform.db.Database;
import io.vatio.platform.db.PostgresDatabase;
import io.vatio.platform.db.SqliteDatabase;
import java.nio.file.Path;

/// The two real databases, for tests that must hold on both:
/// `@ParameterizedTest @EnumSource(Databases.class)`.
public enum Databases {
  SQLITE {
    @Override
    public String newUrl(Path folder) {
      return "sqlite:" + folder.resolve("vatio.db");
    }
  },
  POSTGRESQL {
    @Override
    public String newUrl(Path folder) {
      return TestPostgres.newDatabase();
    }
  };

  /// Where an empty database of this kind is; [#open] opens it, any number of times.
  public abstract String newUrl(Path folder);

  /// Opens what [#newUrl] named.
  public static Database open(String url) {
    return url.startsWith("sqlite:")
        ? SqliteDatabase.open(Path.of(url.substring("sqlite:".length())), BeforeUpgrade.nothing())
        : PostgresDatabase.open(url, BeforeUpgrade.nothing());
  }
}
