package io.vatio.ingest;

import java.nio.file.Path;

/// Where messages wait while the database is away.
///
/// @param folder of the log
/// @param bytes that it may grow to; 0 = nothing waits, senders hear Overloaded at once
public record SpoolSettings(Path folder, long bytes) {}
