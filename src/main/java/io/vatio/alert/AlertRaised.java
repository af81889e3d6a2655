package io.vatio.alert;

/// An alert is in the database now.
public record AlertRaised(Alert alert) {}
