package io.vatio.reading;

/// What the table of chunks says of one without its contents.
///
/// @param id never used again: a chunk does not change, it is replaced by others
/// @param fromTs time of its oldest reading
/// @param toTs time of its newest
record ChunkHeader(long id, long fromTs, long toTs, int count) {}
