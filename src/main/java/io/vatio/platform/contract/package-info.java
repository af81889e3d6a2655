/// The HTTP contract at run time: what `openapi.yaml` allows in a request, and the sentences for
/// what it does not. Knows the library that checks JSON Schemas; nobody else does.
@NullMarked
package io.vatio.platform.contract;

import org.jspecify.annotations.NullMarked;
