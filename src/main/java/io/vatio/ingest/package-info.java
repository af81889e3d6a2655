/// The front door: every reading of every protocol comes in through [io.vatio.ingest.Inbox] and is
/// on the disk before its sender hears yes.
/// Decoders turn a raw message into samples and state reports; one writer commits whatever waits.
/// Knows no protocol: adapters bring messages and translate receipts.
@NullMarked
package io.vatio.ingest;

import org.jspecify.annotations.NullMarked;
