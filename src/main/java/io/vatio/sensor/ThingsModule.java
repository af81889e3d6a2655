package io.vatio.sensor;

import io.vatio.account.People;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.Visibility;
import io.vatio.platform.http.HttpApi;
import io.vatio.platform.text.Messages;
import io.vatio.site.SiteRegistry;
import java.time.Clock;
import java.util.function.IntConsumer;

/// The wiring of `/api/sensors/` and `/api/devices/`.
public final class ThingsModule {
  private final Needs needs;
  private final SensorVisibility visibility;

  /// What it needs of the other rooms.
  ///
  /// @param intervalChanged hears of series whose values now count for longer or shorter; may block
  public record Needs(
      DeviceRegistry devices,
      Visibility visibility,
      SeriesCatalogue catalogue,
      SiteRegistry sites,
      People people,
      IntConsumer intervalChanged,
      Messages messages,
      Clock clock) {}

  public ThingsModule(Needs needs) {
    this.needs = needs;
    this.visibility = new SensorVisibility(needs.visibility(), needs.devices(), needs.catalogue());
  }

  /// Which sensors somebody sees.
  public SensorVisibility visibility() {
    return visibility;
  }

  public void addTo(HttpApi api) {
    SensorJson sensors = new SensorJson(needs.people(), needs.messages());
    DeviceJson devices =
        new DeviceJson(needs.catalogue(), sensors, needs.people(), needs.messages(), needs.clock());
    new SensorRoutes(
            needs.catalogue().sensors(), visibility, sensors, needs.messages(), needs.clock())
        .addTo(api);
    new DeviceRoutes(needs, devices).addTo(api);
    new AssignmentRoutes(
            needs,
            visibility,
            new Assignments(needs.devices(), needs.catalogue(), needs.intervalChanged()),
            devices)
        .addTo(api);
  }
}
