/// Serves the page, files that the web build put into the program, and the contract of the API.
/// Everything comes from this server; the content security policy says so to the browser.
/// No data pass through here; the page asks the API like any other client.
@NullMarked
package io.vatio.dashboard;

import org.jspecify.annotations.NullMarked;
