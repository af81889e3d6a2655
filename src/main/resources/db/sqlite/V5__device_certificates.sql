-- Certificates of devices: those signed here, and those of another authority that were revoked.
-- fingerprint: SHA-256 of the certificate, hexadecimal.
CREATE TABLE device_certificate (
  fingerprint TEXT PRIMARY KEY,
  device_id INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX device_certificate_device ON device_certificate (device_id);
