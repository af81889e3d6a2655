package io.vatio.audit;

/// How long lines of both logs are kept; what is reached first counts.
///
/// @param auditDays of the audit log
/// @param auditLines most lines of the audit log
/// @param accessDays of the access log and its sums
/// @param accessLines most lines of the access log
public record LogSettings(int auditDays, long auditLines, int accessDays, long accessLines) {
  public static final LogSettings DEFAULT = new LogSettings(730, 500_000, 90, 200_000);
}
