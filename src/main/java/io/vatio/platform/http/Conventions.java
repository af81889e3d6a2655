package io.vatio.platform.http;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.contract.Contract;
import io.vatio.platform.contract.Operation;
import io.vatio.platform.json.Json;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// What is the same around every handler: the request is held against the contract, a POST with a
/// key is done once, a change may have a condition, what is read has a tag.
final class Conventions {
  private final EntityTags tags = new EntityTags();
  private volatile @Nullable CompletableFuture<Contract> contract;
  private volatile @Nullable IdempotentReplies replies;

  void holdTo(CompletableFuture<Contract> given) {
    contract = given;
  }

  void rememberIn(IdempotentReplies given) {
    replies = given;
  }

  /// Runs a blocking handler.
  ///
  /// @param present what GET does at the same path, null where there is no GET
  Reply answer(
      HttpApi.Endpoint endpoint,
      Request request,
      HttpApi.Handler handler,
      HttpApi.@Nullable Handler present)
      throws Exception {
    CompletableFuture<Contract> known = contract;
    if (known != null) {
      check(known.join(), endpoint, request);
    }
    if (endpoint.method().equals(HttpMethod.GET)) {
      return EntityTags.tagged(request, handler.handle(request));
    }
    Callable<Reply> change = () -> change(endpoint, request, handler, present);
    return isRepeatable(endpoint, request) ? once(endpoint, request, true, change) : change.call();
  }

  private Reply change(
      HttpApi.Endpoint endpoint,
      Request request,
      HttpApi.Handler handler,
      HttpApi.@Nullable Handler present)
      throws Exception {
    boolean conditional = request.context().request().headers().contains(HttpHeaders.IF_MATCH);
    int parameter = endpoint.path().indexOf(':');
    if (parameter < 0 && !conditional) {
      return handler.handle(request);
    }
    int end = parameter < 0 ? -1 : endpoint.path().indexOf('/', parameter);
    String object = end < 0 ? endpoint.path() : endpoint.path().substring(0, end);
    return tags.guarded(request, filled(object, request), present, () -> handler.handle(request));
  }

  /// Whether a request is one that is done once only.
  boolean isRepeatable(HttpApi.Endpoint endpoint, Request request) {
    return replies != null
        && endpoint.method().equals(HttpMethod.POST)
        && request.context().request().headers().contains(IdempotentReplies.HEADER);
  }

  /// @param changesHere whether the work is committed by this thread
  Reply once(HttpApi.Endpoint endpoint, Request request, boolean changesHere, Callable<Reply> work)
      throws Exception {
    IdempotentReplies memory = replies;
    if (memory == null) {
      return work.call();
    }
    String query = request.context().request().query();
    String target =
        endpoint.method()
            + " "
            + filled(endpoint.path(), request)
            + (query == null ? "" : "?" + query);
    return memory.once(request, target, changesHere, work);
  }

  private static String filled(String path, Request request) {
    String filled = path;
    for (Map.Entry<String, String> one : HttpApi.parameters(request.context()).entrySet()) {
      filled = filled.replace(":" + one.getKey(), one.getValue());
    }
    return filled;
  }

  /// Holds a request of a handler on the event loop against the contract; succeeds when it fits.
  Future<Void> check(HttpApi.Endpoint endpoint, Request request) {
    CompletableFuture<Contract> given = contract;
    if (given == null) {
      return Future.succeededFuture();
    }
    if (given.isDone()) {
      check(given.join(), endpoint, request);
      return Future.succeededFuture();
    }
    return Future.fromCompletionStage(given, request.context().vertx().getOrCreateContext())
        .map(
            read -> {
              check(read, endpoint, request);
              return null;
            });
  }

  private static void check(Contract contract, HttpApi.Endpoint endpoint, Request request) {
    Operation operation = contract.find(endpoint.method().name(), endpoint.path());
    if (operation == null) {
      return;
    }
    String type = request.context().request().getHeader(HttpHeaders.CONTENT_TYPE);
    if (type != null && request.hasBody() && !operation.accepts(type)) {
      throw new Refused(415, Text.of("http.media_type", type));
    }
    if (operation.isManual()) {
      return;
    }
    if (!operation.fits(HttpApi.parameters(request.context()))) {
      throw Problem.notFound(Text.of("http.not_found"));
    }
    Map<String, List<Text>> faults =
        new LinkedHashMap<>(operation.queryFaults(request.context()::queryParam));
    faults.putAll(bodyFaults(operation, request));
    if (!faults.isEmpty()) {
      throw Problem.invalid(faults);
    }
  }

  private static Map<String, List<Text>> bodyFaults(Operation operation, Request request) {
    if (!operation.hasJson()) {
      return Map.of();
    }
    if (request.hasBody()) {
      return operation.bodyFaults(request.json());
    }
    // Nothing is an object without fields: the caller hears which ones there should be.
    return operation.isBodyRequired() ? operation.bodyFaults(Json.object()) : Map.of();
  }
}
