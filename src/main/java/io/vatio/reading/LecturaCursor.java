package io.vatio.reading;

import io.vatio.kernel.Problem;
import io.vatio.kernel.Text;
import io.vatio.platform.http.Request;
import java.nio.ByteBuffer;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// A place in the list of readings that stays where it is while new ones come in. Its text means
/// nothing to clients.
///
/// @param back whether the page ends there instead of beginning
record LecturaCursor(Lecturas.Place place, boolean back) {
  static final String PARAMETER = "cursor";
  private static final int BYTES = 1 + Long.BYTES + Integer.BYTES;

  /// The page behind this reading.
  static LecturaCursor behind(Reading last) {
    return new LecturaCursor(new Lecturas.Place(last.ts(), last.seriesId()), false);
  }

  /// The page before this reading.
  static LecturaCursor before(Reading first) {
    return new LecturaCursor(new Lecturas.Place(first.ts(), first.seriesId()), true);
  }

  /// The cursor of a request, null for the first page.
  static @Nullable LecturaCursor of(Request request) {
    String text = request.query(PARAMETER).orElse("");
    if (text.isEmpty()) {
      return null;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      byte kind = bytes.remaining() == BYTES ? bytes.get() : -1;
      if (kind == 0 || kind == 1) {
        return new LecturaCursor(new Lecturas.Place(bytes.getLong(), bytes.getInt()), kind == 1);
      }
    } catch (IllegalArgumentException _) {
      // Said below.
    }
    throw Problem.invalid(PARAMETER, Text.of("reading.cursor"));
  }

  /// As it stands in a link.
  String text() {
    byte[] bytes =
        ByteBuffer.allocate(BYTES)
            .put((byte) (back ? 1 : 0))
            .putLong(place.ts())
            .putInt(place.seriesId())
            .array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
