/// The server's own certificate authority and certificate, made at the first start.
/// Files in `<data>/tls`; whoever has a certificate already puts it there and nothing is made.
/// The library that makes certificates is only loaded when one has to be made.
@NullMarked
package io.vatio.platform.tls;

import org.jspecify.annotations.NullMarked;
