-- Certificates of devices: those signed here, and those of another authority that were revoked.
-- fingerprint: SHA-256 of the certificate, hexadecimal.
CREATE TABLE device_certificate (
  fingerprint TEXT PRIMARY KEY,
  device_id BIGINT NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  issued_at BIGINT NOT NULL,
  expires_at BIGINT,
  revoked_at BIGINT
);

CREATE INDEX device_certificate_device ON device_certificate (device_id);
