package io.vatio.audit;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.OptionalLong;

/// A line of the audit log.
///
/// @param id 0 for one that is not written yet
/// @param account of who did it
/// @param username of who did it, or what a principal without account is called; empty for nobody
/// @param objectId empty for none
/// @param objectName what people call the thing
/// @param action word of [AuditLog.Action]
/// @param changes `{field: {"old", "new"}}`
record AuditEntry(
    long id,
    Instant at,
    OptionalLong account,
    String username,
    String model,
    String objectId,
    String objectName,
    String action,
    ObjectNode changes,
    String address,
    String userAgent) {}
