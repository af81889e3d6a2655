package io.vatio.protocol.mqtt;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.vatio.platform.tls.CertificateKeeper;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.nio.file.Path;
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

  /// What handshakes are made with. Reads files.
  ///
  /// @throws Exception when key, certificate and authority cannot be used
  SslContext context(Vertx vertx) throws Exception {
    SslContextBuilder context =
        SslContextBuilder.forServer(
                new PemKeyCertOptions()
                    .setCertValue(Buffer.buffer(server.certificate()))
                    .setKeyValue(Buffer.buffer(server.key()))
                    .getKeyManagerFactory(vertx))
            .sslProvider(SslProvider.JDK)
            .protocols("TLSv1.2", "TLSv1.3");
    if (clients != Clients.OFF && clientAuthority != null) {
      context
          .clientAuth(clients == Clients.REQUIRED ? ClientAuth.REQUIRE : ClientAuth.OPTIONAL)
          .trustManager(
              new PemTrustOptions()
                  .addCertPath(clientAuthority.toString())
                  .getTrustManagerFactory(vertx));
    }
    return context.build();
  }
}
