package io.vatio.live;

import io.micrometer.core.instrument.MeterRegistry;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.platform.events.Events;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.http.TicketBooth;
import io.vatio.reading.ReadingStore;
import io.vatio.sensor.SeriesCatalogue;
import java.time.Clock;

/// The live room, wired. Close it before the HTTP server: the streams then end properly.
public final class LiveModule implements AutoCloseable {
  private final LiveHub hub;
  private final LiveRoutes routes;

  public LiveModule(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      ReadingStore readings,
      Events events,
      Clock clock,
      LiveSettings settings,
      MeterRegistry meters) {
    this.hub =
        new LiveHub(
            new LiveHub.Sources(devices, visibility, catalogue, readings),
            events,
            clock,
            settings,
            meters);
    this.routes = new LiveRoutes(hub, devices, visibility, new TicketBooth(clock));
  }

  /// Adds `/stream/dispositivos`, `/api/stream` and `/api/stream/ticket`.
  public void addTo(HttpApi api) {
    routes.addTo(api);
  }

  /// Starts to tell listeners.
  public void start() {
    hub.start();
  }

  /// Asks all listeners again who they are, now instead of within a minute: somebody lost a right.
  public void recheck() {
    hub.recheck();
  }

  /// For tests with a clock of their own: looks at it now.
  void ring() {
    hub.ring();
  }

  /// Ends all streams.
  @Override
  public void close() {
    hub.close();
  }
}
