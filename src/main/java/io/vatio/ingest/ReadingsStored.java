package io.vatio.ingest;

/// Readings were committed: a doorbell, not the parcel. Whoever wants them reads them from the
/// store.
///
/// @param fromSeq first seq of the commit
/// @param toSeq last seq of the commit
public record ReadingsStored(long fromSeq, long toSeq) {}
