/// What happens now, for whoever watches: the event streams (SSE) of devices and readings.
/// One hub hears the doorbells of the other rooms and writes every event once; each connection
/// reads from there at its own pace, and one that cannot keep up is resynchronised or cut off.
/// Nothing here may be slow for the rooms that ring, or remember more than its bounds.
@NullMarked
package io.vatio.live;

import org.jspecify.annotations.NullMarked;
