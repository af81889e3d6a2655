package io.vatio.account;

import com.password4j.Argon2Function;
import com.password4j.types.Argon2;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Argon2id hashes of passwords, made and checked on a few threads of their own. At most
/// [#WAITING] wait; more are refused, so that a flood of logins costs neither memory nor the other
/// work of the machine.
final class Passwords implements AutoCloseable {
  static final int MIN_LENGTH = 8;
  static final int MAX_LENGTH = 1_024;

  private static final int THREADS = 2;
  private static final int WAITING = 64;

  private static final int MEMORY_KIB = 19 * 1024;
  private static final int ITERATIONS = 2;
  private static final int PARALLELISM = 1;
  private static final int HASH_BYTES = 32;
  private static final int SALT_BYTES = 16;

  private final SecureRandom random = new SecureRandom();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          THREADS,
          THREADS,
          30,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING),
          Thread.ofPlatform().daemon().name("password-", 1).factory());
  private final Argon2Function present;

  Passwords() {
    this(MEMORY_KIB, ITERATIONS);
  }

  /// @param memoryKib used by one hash
  /// @param iterations over that memory
  Passwords(int memoryKib, int iterations) {
    threads.allowCoreThreadTimeOut(true);
    present = function(memoryKib, iterations);
  }

  /// Makes a hash.
  ///
  /// @throws RejectedExecutionException when too many are waiting
  CompletableFuture<String> hash(String password) {
    return CompletableFuture.supplyAsync(() -> hashHere(password), threads);
  }

  /// Makes a hash and waits for it.
  ///
  /// @throws Problem.Unavailable when too many are waiting
  String hashed(String password) {
    try {
      return hash(password).join();
    } catch (RejectedExecutionException _) {
      throw Problem.unavailable(Text.of("http.overloaded"), Duration.ofSeconds(1));
    }
  }

  /// Compares a password with the hash that the supplier finds; the supplier may block. No hash
  /// takes as long as a wrong one.
  ///
  /// @throws RejectedExecutionException when too many are waiting
  CompletableFuture<Verdict> verify(String password, Supplier<Optional<String>> hash) {
    return CompletableFuture.supplyAsync(
        () -> verifyHere(password, hash.get().orElse(null)), threads);
  }

  private Verdict verifyHere(String password, @Nullable String hash) {
    if (hash == null) {
      // The same work as a comparison, so that nobody can tell an unknown user by the time.
      hashHere(password);
      return new Verdict(false, null, null);
    }
    Argon2Function made = Argon2Function.getInstanceFromHash(hash);
    if (!made.check(password, hash)) {
      return new Verdict(false, hash, null);
    }
    return new Verdict(true, hash, made.equals(present) ? null : hashHere(password));
  }

  private String hashHere(String password) {
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(salt);
    return present.hash(password.getBytes(StandardCharsets.UTF_8), salt).getResult();
  }

  private static Argon2Function function(int memoryKib, int iterations) {
    return Argon2Function.getInstance(
        memoryKib,
        iterations,
        PARALLELISM,
        HASH_BYTES,
        Argon2.ID,
        Argon2Function.ARGON2_VERSION_13);
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  /// What came of a comparison.
  ///
  /// @param hash compared with, null for none
  /// @param better a hash with the present parameters to keep instead, null when it has them
  record Verdict(boolean matches, @Nullable String hash, @Nullable String better) {}
}
