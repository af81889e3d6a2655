package io.vatio.device;

/// An account sees fewer devices than before: a share ended, or a device went to another operator.
/// What it has open is looked at again.
public record AccessNarrowed(long accountId) {}
