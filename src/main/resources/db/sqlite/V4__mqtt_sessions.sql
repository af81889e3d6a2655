-- MQTT sessions that outlive their connection. owner and client id together are the session.
CREATE TABLE mqtt_session (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  owner TEXT NOT NULL,
  client_id TEXT NOT NULL,
  expiry_s INTEGER NOT NULL,
  disconnected_at INTEGER,
  will TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (owner, client_id)
) STRICT;

CREATE TABLE mqtt_subscription (
  session_id INTEGER NOT NULL REFERENCES mqtt_session (id) ON DELETE CASCADE,
  filter TEXT NOT NULL,
  options INTEGER NOT NULL,
  identifier INTEGER NOT NULL,
  PRIMARY KEY (session_id, filter)
) STRICT, WITHOUT ROWID;

-- A message that waits for sessions, once for all of them.
CREATE TABLE mqtt_message (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL,
  payload BLOB NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  properties TEXT NOT NULL,
  expires_at INTEGER
) STRICT;

-- packet_id: 0 while it was not sent; released: PUBREC came, only PUBREL is owed.
CREATE TABLE mqtt_queue (
  session_id INTEGER NOT NULL REFERENCES mqtt_session (id) ON DELETE CASCADE,
  message_id INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  packet_id INTEGER NOT NULL,
  released INTEGER NOT NULL,
  identifiers TEXT NOT NULL,
  PRIMARY KEY (session_id, message_id)
) STRICT, WITHOUT ROWID;

-- Packet ids of QoS 2 messages of a session that are committed but not released.
CREATE TABLE mqtt_received (
  session_id INTEGER NOT NULL REFERENCES mqtt_session (id) ON DELETE CASCADE,
  packet_id INTEGER NOT NULL,
  PRIMARY KEY (session_id, packet_id)
) STRICT, WITHOUT ROWID;
