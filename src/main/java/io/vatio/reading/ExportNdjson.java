package io.vatio.reading;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.kernel.Micros;
import io.vatio.platform.json.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One JSON object a line.
final class ExportNdjson implements ExportRows {
  private final OutputStream out;
  private final List<Column> columns;

  ExportNdjson(OutputStream out, List<Column> columns) {
    this.out = out;
    this.columns = columns;
  }

  @Override
  public void row(@Nullable Object[] cells) throws IOException {
    ObjectNode line = Json.object();
    for (int i = 0; i < cells.length; i++) {
      Column column = columns.get(i);
      switch (cells[i]) {
        case null -> line.putNull(column.name());
        case Long time when column.kind() == Kind.TIME ->
            line.put(column.name(), Micros.toInstant(time).toString());
        case Long whole -> line.put(column.name(), whole);
        case Double number -> line.put(column.name(), number);
        case Object text -> line.put(column.name(), text.toString());
      }
    }
    out.write(Json.bytes(line));
    out.write('\n');
  }

  @Override
  public void finish() {
    // Nothing is held back.
  }
}
