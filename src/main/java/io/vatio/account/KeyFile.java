package io.vatio.account;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;

/// A file with 32 random bytes that only this server may read.
public final class KeyFile {
  private static final int BYTES = 32;

  private KeyFile() {}

  /// Reads the key, or makes it when there is none. A key appears whole or not at all: it is
  /// written and forced to disk beside its place, then linked into it.
  ///
  /// @throws IllegalStateException with a sentence for the operator when that is not possible
  public static byte[] open(Path file) {
    try {
      if (!Files.exists(file)) {
        create(file);
      }
      byte[] key = Files.readAllBytes(file);
      if (key.length != BYTES) {
        throw new IllegalStateException(
            "The key file %s has %d bytes instead of %d. Put it back from a backup, or delete it: then everybody has to log in again and devices need new credentials."
                .formatted(file, key.length, BYTES));
      }
      return key;
    } catch (IOException e) {
      throw new IllegalStateException("The key file %s is not usable: %s".formatted(file, e), e);
    }
  }

  private static void create(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("no folder");
    }
    Files.createDirectories(folder, forOwner(folder, "rwx------"));
    byte[] key = new byte[BYTES];
    new SecureRandom().nextBytes(key);
    Path draft = Files.createTempFile(folder, ".key", "", forOwner(folder, "rw-------"));
    try {
      try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(key));
        channel.force(true);
      }
      link(draft, file);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static void link(Path draft, Path file) throws IOException {
    try {
      // Unlike a move, a link never replaces the key that another process has just made.
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException _) {
      // The other one's key is the key.
    } catch (UnsupportedOperationException | IOException _) {
      // No hard links on this file system (FAT memory cards, some network drives).
      Files.move(draft, file);
    }
  }

  private static FileAttribute<?>[] forOwner(Path folder, String permissions) {
    boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
    return posix
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }
}
