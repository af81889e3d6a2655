-- Times are whole microseconds since 1970-01-01T00:00:00Z; JSON is text; secrets are hashes.
-- AUTOINCREMENT where an id may live on in tokens or logs after its row is gone.

CREATE TABLE site (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  timezone TEXT NOT NULL,
  currency TEXT NOT NULL,
  language TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE permission (
  id INTEGER PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE role (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE role_permission (
  role_id INTEGER NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  permission_id INTEGER NOT NULL REFERENCES permission (id) ON DELETE CASCADE,
  PRIMARY KEY (role_id, permission_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  username TEXT NOT NULL UNIQUE COLLATE NOCASE,
  email TEXT NOT NULL,
  password_hash TEXT,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  user_type TEXT NOT NULL,
  role_id INTEGER REFERENCES role (id),
  is_active INTEGER NOT NULL,
  is_staff INTEGER NOT NULL,
  is_superuser INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_login INTEGER
) STRICT;

-- One row a refresh token given out; a family is one login. A rotated token that comes back
-- revokes its family.
CREATE TABLE refresh_token (
  id TEXT PRIMARY KEY,
  family TEXT NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  rotated_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_token_family ON refresh_token (family);
CREATE INDEX refresh_token_expires_at ON refresh_token (expires_at);

CREATE TABLE api_key (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  label TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  permissions TEXT NOT NULL,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;

CREATE TABLE device (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site_id INTEGER NOT NULL REFERENCES site (id),
  serial TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  model TEXT NOT NULL,
  description TEXT NOT NULL,
  location TEXT NOT NULL,
  lifecycle_state TEXT NOT NULL,
  operating_state TEXT NOT NULL,
  parameters TEXT NOT NULL,
  configuration TEXT NOT NULL,
  claimed INTEGER NOT NULL,
  operator_id INTEGER REFERENCES account (id) ON DELETE SET NULL,
  last_seen INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE device_credential (
  device_id INTEGER PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
  username TEXT NOT NULL UNIQUE,
  secret_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE device_log (
  id INTEGER PRIMARY KEY,
  device_id INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  state TEXT NOT NULL,
  parameters TEXT NOT NULL
) STRICT;
CREATE INDEX device_log_device ON device_log (device_id, id);

CREATE TABLE sensor (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  unit TEXT NOT NULL,
  range_min REAL NOT NULL,
  range_max REAL NOT NULL,
  state TEXT NOT NULL,
  description TEXT NOT NULL,
  automatic INTEGER NOT NULL,
  created_by INTEGER REFERENCES account (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

-- A sensor assigned to a device: one stream of readings. key is the field name on the wire.
CREATE TABLE series (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device_id INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  sensor_id INTEGER NOT NULL REFERENCES sensor (id),
  key TEXT NOT NULL,
  configuration TEXT NOT NULL,
  active INTEGER NOT NULL,
  assigned_at INTEGER NOT NULL,
  UNIQUE (device_id, key),
  UNIQUE (device_id, sensor_id)
) STRICT;

-- Newest readings in order of arrival, without an index: the cheapest durable write there is.
-- delivery: fingerprint of a message that carried no time of its own, to know it again when it is
-- sent twice.
CREATE TABLE reading_hot (
  seq INTEGER PRIMARY KEY,
  series_id INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  value REAL NOT NULL,
  quality INTEGER NOT NULL,
  meta TEXT,
  delivery INTEGER
) STRICT;

-- Settled readings, by series and time.
CREATE TABLE reading (
  series_id INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  value REAL NOT NULL,
  quality INTEGER NOT NULL,
  meta TEXT,
  PRIMARY KEY (series_id, ts)
) STRICT, WITHOUT ROWID;

CREATE TABLE reading_mark (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
  id INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  origin TEXT NOT NULL,
  address TEXT NOT NULL,
  sender TEXT NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  payload BLOB NOT NULL,
  size INTEGER NOT NULL
) STRICT;

-- What happened that a person may want to read: an alert accepted, a limit passed.
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  severity TEXT NOT NULL,
  message TEXT NOT NULL,
  source TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;

-- Retained MQTT messages: the newest one of each topic.
CREATE TABLE mqtt_retained (
  topic TEXT PRIMARY KEY,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL,
  properties TEXT NOT NULL,
  expires_at INTEGER,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
