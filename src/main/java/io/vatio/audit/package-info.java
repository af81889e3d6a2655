/// Who did what, for whoever has to explain it later.
/// The audit log is written in the transaction of each change, with old and new values and secrets
/// masked; the access log has a line for every request, written beside the requests.
/// Rooms say what they change; this one asks the thread who it was.
@NullMarked
package io.vatio.audit;

import org.jspecify.annotations.NullMarked;
