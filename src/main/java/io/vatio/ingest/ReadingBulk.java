package io.vatio.ingest;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.sensor.Series;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads `{"lecturas": […]}` straight into columns, checking each reading on the way; there is
/// never a tree of it. For one thread.
final class ReadingBulk {
  static final String FIELD = "lecturas";
  static final int MOST = 10_000;

  /// Bytes of a reading as most programs write it.
  private static final int USUAL = 50;

  private final ReadingForm form = new ReadingForm();
  private final ReadingCheck check;
  private final KnownReadings readings;

  /// By position, from the first fault on; before that all are empty.
  private final List<Map<String, Text>> faults = new ArrayList<>();

  private int count;
  private boolean isThere;

  private ReadingBulk(ReadingCheck check, int bytes) {
    this.check = check;
    this.readings = new KnownReadings(Math.min(MOST, 16 + bytes / USUAL));
  }

  /// @throws Problem.Invalid when it is not of this form, or too long
  static ReadingBulk read(byte[] body, ReadingCheck check) {
    if (body.length == 0) {
      throw Problem.invalid(Text.of("http.body_missing"));
    }
    ReadingBulk bulk = new ReadingBulk(check, body.length);
    try (JsonParser in = ReadingForm.parser(body)) {
      bulk.document(in);
    } catch (ReadingForm.Endless endless) {
      bulk.fault(Map.of(endless.field(), Text.of("reading.number")));
    } catch (Json.MalformedJson e) {
      throw malformed(e);
    } catch (IOException e) {
      throw malformed(Json.malformed(e));
    }
    return bulk;
  }

  static Problem malformed(Json.MalformedJson e) {
    return Problem.invalid(Text.of("http.malformed_json", String.valueOf(e.getMessage())));
  }

  /// What was read, when nothing is wrong.
  KnownReadings readings() {
    return readings;
  }

  /// By position what is wrong by field; empty when nothing is.
  List<Map<String, Text>> faults() {
    return faults;
  }

  private void document(JsonParser in) throws IOException {
    JsonToken start = in.nextToken();
    if (start != JsonToken.START_OBJECT) {
      in.skipChildren();
      end(in);
      throw Problem.invalid(ReadingForm.notAnObject(start));
    }
    for (String name = in.nextFieldName(); name != null; name = in.nextFieldName()) {
      JsonToken token = in.nextToken();
      if (!name.equals(FIELD)) {
        in.skipChildren();
      } else if (isThere) {
        throw Problem.invalid(FIELD, Text.of("reading.field_twice"));
      } else {
        isThere = true;
        list(in, token);
      }
    }
    end(in);
    if (!isThere) {
      throw Problem.invalid(FIELD, Text.of("http.field_required"));
    }
  }

  private static void end(JsonParser in) throws IOException {
    if (in.nextToken() != null) {
      throw Problem.invalid(Text.of("reading.trailing"));
    }
  }

  private void list(JsonParser in, JsonToken first) throws IOException {
    if (first != JsonToken.START_ARRAY) {
      throw Problem.invalid(
          FIELD,
          Text.of(first == JsonToken.VALUE_NULL ? "http.field_null" : "reading.list_expected"));
    }
    for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
      if (count == MOST) {
        throw Problem.invalid(FIELD, Text.of("reading.too_many", Integer.toString(MOST)));
      }
      item(in, token);
      count++;
    }
  }

  private void item(JsonParser in, JsonToken token) throws IOException {
    if (token != JsonToken.START_OBJECT) {
      in.skipChildren();
      fault(Map.of(ReadingCheck.WHOLE, ReadingForm.notAnObject(token)));
      return;
    }
    form.read(in);
    Series series = check.check(form);
    if (series == null) {
      fault(new LinkedHashMap<>(check.faults()));
    } else if (faults.isEmpty()) {
      readings.add(series.id(), series.deviceId(), check.at(), form.value(), form.meta());
    } else {
      faults.add(Map.of());
    }
  }

  private void fault(Map<String, Text> fault) {
    while (faults.size() < count) {
      faults.add(Map.of());
    }
    faults.add(fault);
  }
}
