package io.vatio.reading;

/// How large chunks become.
///
/// @param most readings of one chunk
/// @param small chunks of fewer readings are rewritten to take neighbours in; larger ones are left
///     alone until the day is merged
record ChunkShape(int most, int small) {
  static final ChunkShape DEFAULT = new ChunkShape(ChunkCodec.MAX_READINGS, 256);

  ChunkShape {
    if (most < 1 || most > ChunkCodec.MAX_READINGS || small > most) {
      throw new IllegalArgumentException("chunks of " + most + ", small below " + small);
    }
  }
}
