package io.vatio.protocol.mqtt;

import io.vatio.platform.tls.CertificateKeeper;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the TLS listener shows and asks for.
///
/// @param clients whether certificates of clients are asked for
/// @param clientAuthority who signs those of clients; null where none are asked for
public record TlsDoor(
    CertificateKeeper.Pem server, Clients clients, @Nullable Path clientAuthority) {

  /// Whether clients show certificates.
  public enum Clients {
    OFF,
    /// Whoever has one is known by it; others bring a password.
    OPTIONAL,
    REQUIRED
  }

  /// A door that asks for no certificates.
  public static TlsDoor of(CertificateKeeper.Pem server) {
    return new TlsDoor(server, Clients.OFF, null);
  }

  TlsDoor with(CertificateKeeper.Pem other) {
    return new TlsDoor(other, clients, clientAuthority);
  }

  void applyTo(NetServerOptions listener) {
    ServerSSLOptions options = options();
    listener.setSsl(true);
    listener.setEnabledSecureTransportProtocols(options.getEnabledSecureTransportProtocols());
    listener.setKeyCertOptions(options.getKeyCertOptions());
    listener.setTrustOptions(options.getTrustOptions());
    listener.setClientAuth(options.getClientAuth());
  }

  ServerSSLOptions options() {
    ServerSSLOptions options = new ServerSSLOptions();
    options.setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"));
    options.setKeyCertOptions(
        new PemKeyCertOptions()
            .setCertValue(Buffer.buffer(server.certificate()))
            .setKeyValue(Buffer.buffer(server.key())));
    if (clients != Clients.OFF && clientAuthority != null) {
      options.setClientAuth(clients == Clients.REQUIRED ? ClientAuth.REQUIRED : ClientAuth.REQUEST);
      options.setTrustOptions(new PemTrustOptions().addCertPath(clientAuthority.toString()));
    }
    return options;
  }
}
