/// Words that every room uses: who is asking, what went wrong, points in time.
/// Depends on nothing but the JDK and the null annotations.
/// Values only: nothing in here has a life, a thread or a connection.
@NullMarked
package io.vatio.kernel;

import org.jspecify.annotations.NullMarked;
