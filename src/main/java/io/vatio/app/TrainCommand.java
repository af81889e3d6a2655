package io.vatio.app;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/// `vatio train`: starts the server once, asks it a few things and stops. The launcher runs it
/// after
/// a build, so that the JVM can note which classes a start needs (its AOT cache): later starts then
/// take less than half the time.
@Command(name = "train", hidden = true, description = "Starts and stops once, for the AOT cache.")
final class TrainCommand implements Callable<Integer> {
  @Override
  public Integer call() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("vatio-train");
    try {
      List<String> flags =
          List.of("--http-port", "0", "--mqtt-port", freePort(), "--mqtts-port", freePort());
      Settings settings = SettingsReader.demo(flags, Map.of(), folder, folder.resolve("data"));
      LogFormat.install(settings.jsonLogs());
      // Twice: the first start makes the schema and the certificates, the second one is the usual.
      for (int i = 0; i < 2; i++) {
        try (Server server = Server.start(settings, Clock.systemUTC());
            HttpClient client = HttpClient.newHttpClient()) {
          for (String path : List.of("/health/ready", "/", "/api/setup/", "/api/energy")) {
            client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.httpPort() + path))
                    .build(),
                HttpResponse.BodyHandlers.discarding());
          }
        }
      }
      return 0;
    } finally {
      DemoCommand.delete(folder);
    }
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return Integer.toString(socket.getLocalPort());
    }
  }
}
