package io.vatio.ingest;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The records of a CSV file (RFC 4180, with any of `, ; tab |` between cells), and where in the
/// file each ends. UTF-8, or Latin-1 where a record is none. One thread; one record in memory.
final class ImportLines implements Closeable {
  private static final int LINE_BYTES = 64 << 10;
  private static final int SAMPLE = 64 << 10;

  private final InputStream in;
  private final char separator;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
  private long position;
  private long line;

  private ImportLines(InputStream in, char separator) {
    this.in = in;
    this.separator = separator;
  }

  static ImportLines open(Path file) throws IOException {
    InputStream in = new BufferedInputStream(Files.newInputStream(file), SAMPLE);
    in.mark(SAMPLE);
    byte[] sample = in.readNBytes(SAMPLE);
    in.reset();
    ImportLines lines = new ImportLines(in, separator(sample));
    if (sample.length >= 3
        && sample[0] == (byte) 0xEF
        && sample[1] == (byte) 0xBB
        && sample[2] == (byte) 0xBF) {
      lines.skipTo(3, 0);
    }
    return lines;
  }

  /// The one that is most often in the first line.
  private static char separator(byte[] sample) {
    char best = ',';
    int most = 0;
    for (char candidate : new char[] {',', ';', '\t', '|'}) {
      int count = 0;
      for (byte b : sample) {
        if (b == '\n') {
          break;
        }
        count += b == candidate ? 1 : 0;
      }
      if (count > most) {
        most = count;
        best = candidate;
      }
    }
    return best;
  }

  char separator() {
    return separator;
  }

  /// Bytes read so far: the end of the newest record.
  long position() {
    return position;
  }

  /// The number of the newest record's last line, from 1.
  long line() {
    return line;
  }

  /// Goes on behind a record of an earlier reading.
  void skipTo(long place, long lines) throws IOException {
    in.skipNBytes(place - position);
    position = place;
    line = lines;
  }

  /// The cells of the next record, null at the end.
  ///
  /// @throws TooLong for one that cannot be a record; what follows cannot be read either
  @Nullable List<String> next() throws IOException {
    bytes.reset();
    boolean quoted = false;
    int b;
    while ((b = in.read()) >= 0) {
      position++;
      if (b == '"') {
        quoted = !quoted;
      }
      if (b == '\n') {
        line++;
        if (!quoted) {
          return cells();
        }
      }
      bytes.write(b);
      if (bytes.size() > LINE_BYTES) {
        throw new TooLong();
      }
    }
    if (bytes.size() == 0) {
      return null;
    }
    line++;
    return cells();
  }

  private List<String> cells() {
    byte[] record = bytes.toByteArray();
    String text = text(record);
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        if (quoted && i + 1 < text.length() && text.charAt(i + 1) == '"') {
          cell.append(c);
          i++;
        } else {
          quoted = !quoted;
        }
      } else if (c == separator && !quoted) {
        cells.add(cell.toString().strip());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString().strip());
    return cells;
  }

  private static String text(byte[] record) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record)).toString();
    } catch (CharacterCodingException _) {
      return new String(record, Charset.forName("ISO-8859-1"));
    }
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  /// A line without an end.
  static final class TooLong extends IOException {
    private static final long serialVersionUID = 1L;
  }
}
