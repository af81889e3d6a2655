package io.vatio.protocol.mqtt;

import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Which topics a principal may use. Pure, and closed by default: what no rule opens is refused.
final class TopicAccess {
  /// What only a device itself may hear: commands and settings may carry secrets.
  private static final List<String[]> FOR_THE_DEVICE_ONLY =
      filters(
          "dispositivos/+/comandos",
          "dispositivos/+/configuracion",
          "iot/commands/#",
          "iot/config/#",
          "$SYS/#");

  private static final String MAIN_METER = "medidor-principal";

  private static final TopicAccess NOTHING = new TopicAccess(_ -> false, _ -> false);

  private final Predicate<String> publish;
  private final Predicate<String[]> subscribe;

  private TopicAccess(Predicate<String> publish, Predicate<String[]> subscribe) {
    this.publish = publish;
    this.subscribe = subscribe;
  }

  /// @param clientId of the connection; devices without credentials have no other name
  /// @param ingest whether a topic leads to a decoder
  /// @param sees whether the principal sees the device of this serial number
  static TopicAccess of(
      Principal principal, String clientId, Predicate<String> ingest, Predicate<String> sees) {
    return switch (principal) {
      case Principal.Device device -> device(device.serial());
      case Principal.User user when user.superuser() ->
          new TopicAccess(topic -> !isSystem(topic), _ -> true);
      case Principal.User user -> byPermission(user, ingest, sees);
      case Principal.ApiKey key -> byPermission(key, ingest, sees);
      case Principal.Trusted trusted -> byPermission(trusted, ingest, sees);
      // It does not come in as a client.
      case Principal.Broker _ -> NOTHING;
      case Principal.Anonymous _ ->
          new TopicAccess(
              ingest,
              Topics.isLevel(clientId)
                  ? within(filters("dispositivos/" + clientId + "/#"))
                  : _ -> false);
    };
  }

  /// @param topic a valid topic name
  boolean mayPublish(String topic) {
    return publish.test(topic);
  }

  /// Whether everything that the filter can match is allowed.
  ///
  /// @param filter a valid filter
  boolean maySubscribe(String filter) {
    return subscribe.test(Topics.levels(filter));
  }

  private static TopicAccess device(String serial) {
    if (!Topics.isLevel(serial)) {
      return NOTHING;
    }
    String own = "dispositivos/" + serial;
    List<String[]> open =
        Stream.concat(
                filters(
                    own + "/#",
                    "dispositivos/estado",
                    "iot/sensors/" + serial + "/#",
                    "iot/devices/" + serial + "/status")
                    .stream(),
                special(serial).stream())
            .toList();
    // The server speaks there.
    List<String[]> closed = filters(own + "/comandos/#", own + "/configuracion/#");
    List<String[]> answers = filters(own + "/comandos/+/respuesta");
    return new TopicAccess(
        topic -> {
          String[] levels = Topics.levels(topic);
          return any(open, levels) && (!any(closed, levels) || any(answers, levels));
        },
        within(
            filters(
                own + "/#",
                "iot/devices/" + serial + "/#",
                "iot/commands/" + serial + "/#",
                "iot/config/" + serial + "/#")));
  }

  /// Topics of device families that do not carry the serial itself.
  private static List<String[]> special(String serial) {
    String turbine = serial.startsWith("GEN-") ? serial.substring("GEN-".length()) : "";
    if (!turbine.isEmpty()) {
      return filters("parque/+/generador/" + turbine);
    }
    return serial.equals(MAIN_METER) ? filters("energy/consumption") : List.of();
  }

  private static TopicAccess byPermission(
      Principal principal, Predicate<String> ingest, Predicate<String> sees) {
    Predicate<String[]> inReach =
        principal.reach() == Reach.ALL ? _ -> true : filter -> isOfOne(filter, sees);
    return new TopicAccess(
        principal.may(Permission.CREATE_READINGS)
            ? topic -> !isSystem(topic) && ingest.test(topic)
            : _ -> false,
        principal.may(Permission.VIEW_READINGS)
            ? filter ->
                inReach.test(filter)
                    && FOR_THE_DEVICE_ONLY.stream().noneMatch(f -> Topics.overlap(f, filter))
            : _ -> false);
  }

  /// Whether all that a filter can match is of one device that the principal sees. Which device a
  /// message speaks of is in its topic; what has no device there is for those who see all.
  private static boolean isOfOne(String[] filter, Predicate<String> sees) {
    String serial =
        switch (filter[0]) {
          case "dispositivos" -> filter.length > 1 ? filter[1] : "";
          case "iot" -> filter.length > 2 && Topics.isLevel(filter[1]) ? filter[2] : "";
          case "parque" ->
              filter.length == 4 && filter[2].equals("generador") && Topics.isLevel(filter[3])
                  ? "GEN-" + filter[3]
                  : "";
          case "energy" -> filter.length == 2 ? MAIN_METER : "";
          default -> "";
        };
    // All devices announce themselves there.
    boolean common = serial.equals("estado") && filter.length == 2;
    return !common && Topics.isLevel(serial) && sees.test(serial);
  }

  private static boolean isSystem(String topic) {
    return topic.equals("$SYS") || topic.startsWith("$SYS/");
  }

  private static Predicate<String[]> within(List<String[]> allowed) {
    return filter -> allowed.stream().anyMatch(a -> Topics.covers(a, filter));
  }

  private static boolean any(List<String[]> filters, String[] topic) {
    for (String[] filter : filters) {
      if (Topics.matches(filter, topic)) {
        return true;
      }
    }
    return false;
  }

  private static List<String[]> filters(String... filters) {
    return Stream.of(filters).map(Topics::levels).toList();
  }
}
