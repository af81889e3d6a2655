package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.DecimalNode;
import io.vatio.device.DeviceRegistry;
import io.vatio.device.DispositivoLimits;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Moments;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// What the columns of a file mean, found from its first line: either one reading a line (device,
/// sensor, time, value), or one column a series beside the time, named `serial/sensor` or, with the
/// device given, by the sensor. One thread.
final class ImportTable {
  private static final List<String> TIMES =
      List.of("timestamp", "fecha", "fecha_hora", "time", "datetime", "hora", "inicio");
  private static final List<String> DEVICES =
      List.of("dispositivo", "serial_number", "serial", "device", "identificador_unico");
  private static final List<String> SENSORS = List.of("sensor", "key", "campo");
  private static final List<String> VALUES = List.of("valor", "value", "mean");

  /// Columns that exports have and nobody needs here.
  private static final List<String> IGNORED =
      List.of(
          "unidad", "calidad", "fin", "unit", "id", "min", "max", "count", "flagged", "coverage");

  private static final DateTimeFormatter DAY_FIRST =
      DateTimeFormatter.ofPattern("d/M/uuuu[ H:mm[:ss]]", Locale.ROOT);

  private static final int REMEMBERED = 10_000;

  private final ImportOptions options;
  private final List<String> header;
  private final int time;
  private final int device;
  private final int sensor;
  private final int value;
  private final Map<String, Instant> newest = new HashMap<>();
  private boolean decimalComma;

  /// @throws Refusal when the first line does not say enough
  ImportTable(List<String> header, ImportOptions options, char separator) {
    this.options = options;
    this.header = header;
    this.time = column(TIMES);
    this.device = column(DEVICES);
    this.sensor = column(SENSORS);
    this.value = column(VALUES);
    this.decimalComma = separator == ';';
    if (time < 0) {
      throw Refusal.malformed(Text.of("import.no_time", String.join(", ", TIMES)));
    }
    if (value >= 0
        && ((device < 0 && options.device().isEmpty())
            || (sensor < 0 && options.sensor().isEmpty()))) {
      throw Refusal.malformed(Text.of("import.no_series"));
    }
    if (value < 0 && series().isEmpty()) {
      throw Refusal.malformed(Text.of("import.no_value"));
    }
  }

  private int column(List<String> names) {
    for (int i = 0; i < header.size(); i++) {
      if (names.contains(header.get(i).toLowerCase(Locale.ROOT))) {
        return i;
      }
    }
    return -1;
  }

  /// The columns that are a series each.
  private List<Integer> series() {
    return IntStream.range(0, header.size())
        .filter(i -> i != time && i != device && i != sensor)
        .filter(
            i ->
                !header.get(i).isEmpty()
                    && !IGNORED.contains(header.get(i).toLowerCase(Locale.ROOT)))
        .boxed()
        .toList();
  }

  /// One cell with a value.
  record Cell(String serial, String key, double value, Instant at) {}

  /// What is wrong with a cell.
  record Fault(String column, Text text) {}

  /// Reads a record. Cells without a value are gaps, and left out.
  void read(List<String> cells, Consumer<Cell> good, Consumer<Fault> bad) {
    if (cells.size() == 1 && cells.getFirst().isEmpty()) {
      return;
    }
    String when = cell(cells, time);
    if (value >= 0) {
      read(
          cells,
          value,
          device < 0 ? options.device() : cell(cells, device),
          sensor < 0 ? options.sensor() : cell(cells, sensor),
          when,
          good,
          bad);
      return;
    }
    for (int i : series()) {
      String name = header.get(i);
      int slash = name.lastIndexOf('/');
      String serial =
          device >= 0
              ? cell(cells, device)
              : slash < 0 ? options.device() : name.substring(0, slash);
      read(cells, i, serial, slash < 0 ? name : name.substring(slash + 1), when, good, bad);
    }
  }

  private void read(
      List<String> cells,
      int column,
      String serial,
      String key,
      String when,
      Consumer<Cell> good,
      Consumer<Fault> bad) {
    String text = cell(cells, column);
    if (text.isEmpty()) {
      return;
    }
    if (!DeviceRegistry.isSerial(serial)) {
      bad.accept(
          new Fault(name(device, "dispositivo"), Text.of("device.serial_wrong", "dispositivo")));
      return;
    }
    if (key.isBlank() || DispositivoLimits.text(key, key, DispositivoLimits.KEY) != null) {
      bad.accept(
          new Fault(
              name(sensor, "sensor"),
              Text.of("device.key_wrong", "sensor", Integer.toString(DispositivoLimits.KEY))));
      return;
    }
    Instant at = moment(when, serial + "/" + key);
    if (at == null || !Moments.isWithinBounds(at)) {
      bad.accept(
          new Fault(
              header.get(time),
              Text.of("ingest.moment", header.get(time), DispositivoLimits.shown(when))));
      return;
    }
    Double number = number(text);
    if (number == null) {
      bad.accept(
          new Fault(header.get(column), Text.of("import.number", DispositivoLimits.shown(text))));
      return;
    }
    good.accept(new Cell(serial, key, number, at));
  }

  private String name(int column, String missing) {
    return column < 0 ? missing : header.get(column);
  }

  private static String cell(List<String> cells, int column) {
    return column < cells.size() ? cells.get(column) : "";
  }

  /// A comma is a decimal one where there is no point behind it; points are then thousands.
  private @Nullable Double number(String text) {
    String plain = text;
    int comma = text.lastIndexOf(',');
    int point = text.lastIndexOf('.');
    if (comma > point) {
      if (text.indexOf(',') != comma) {
        return null;
      }
      plain = text.replace(".", "").replace(',', '.');
      decimalComma = true;
    } else if (comma >= 0) {
      plain = text.replace(",", "");
    } else if (point >= 0 && text.indexOf('.') != point) {
      if (!decimalComma) {
        return null;
      }
      plain = text.replace(".", "");
    }
    if (!plain.matches("[+-]?[0-9]*\\.?[0-9]+([eE][+-]?[0-9]{1,3})?|[+-]?[0-9]+\\.")) {
      return null;
    }
    double number = Double.parseDouble(plain);
    return Double.isFinite(number) ? number : null;
  }

  private @Nullable Instant moment(String text, String series) {
    if (text.matches("-?[0-9]{1,17}(\\.[0-9]+)?")) {
      return Moments.read(DecimalNode.valueOf(new BigDecimal(text)), options.zone());
    }
    try {
      if (text.indexOf('/') > 0) {
        return zoned(LocalDateTime.from(DAY_FIRST.parse(withTime(text))), series);
      }
      String iso = text.length() == 10 ? text + "T00:00" : text.replace(' ', 'T');
      boolean named = iso.endsWith("Z") || iso.lastIndexOf('+') > 10 || iso.lastIndexOf('-') > 10;
      return named ? Moments.iso(iso, options.zone()) : zoned(LocalDateTime.parse(iso), series);
    } catch (DateTimeException _) {
      return null;
    }
  }

  private static String withTime(String text) {
    return text.indexOf(':') < 0 ? text.strip() + " 0:00" : text.replace('T', ' ');
  }

  /// The hour that comes twice in autumn: the second time, when the series was further already.
  private Instant zoned(LocalDateTime time, String series) {
    List<ZoneOffset> offsets = options.zone().getRules().getValidOffsets(time);
    Instant at = time.atZone(options.zone()).toInstant();
    Instant last = newest.get(series);
    if (offsets.size() == 2 && last != null && !at.isAfter(last)) {
      Instant second = time.toInstant(offsets.get(1));
      if (second.isAfter(last) && Duration.between(last, second).toHours() < 3) {
        at = second;
      }
    }
    if (newest.size() < REMEMBERED || newest.containsKey(series)) {
      newest.put(series, at);
    }
    return at;
  }
}
