-- MQTT sessions that outlive their connection. owner and client id together are the session; the
-- broker numbers sessions and messages itself. Rows of a session that is gone are of no use: they
-- are deleted with it, or at the next start.
CREATE TABLE mqtt_session (
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  client_id TEXT NOT NULL,
  expiry_s INTEGER NOT NULL,
  -- NULL while the client is connected.
  disconnected_at INTEGER,
  -- What to publish when the client does not come back, as JSON.
  will TEXT,
  created_at INTEGER NOT NULL
) STRICT;

-- options: highest quality of service, 4 = not what the client published, 8 = retain as published.
CREATE TABLE mqtt_subscription (
  session_id INTEGER NOT NULL,
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
  properties TEXT NOT NULL,
  expires_at INTEGER
) STRICT;

-- state: 0 waits, 1 was sent, 2 the client has it and only the release is owed (QoS 2).
-- Messages go out in the order of their ids, always with the same packet id.
CREATE TABLE mqtt_queue (
  session_id INTEGER NOT NULL,
  message_id INTEGER NOT NULL,
  packet_id INTEGER NOT NULL,
  qos INTEGER NOT NULL,
  retain INTEGER NOT NULL,
  state INTEGER NOT NULL,
  -- Subscription identifiers, separated by commas.
  identifiers TEXT NOT NULL,
  -- The shared subscription that it came through, empty for none.
  share TEXT NOT NULL,
  PRIMARY KEY (session_id, message_id)
) STRICT, WITHOUT ROWID;

-- Packet ids of QoS 2 messages of a client that are committed but not released.
CREATE TABLE mqtt_received (
  session_id INTEGER NOT NULL,
  packet_id INTEGER NOT NULL,
  PRIMARY KEY (session_id, packet_id)
) STRICT, WITHOUT ROWID;

-- Who put a retained message there; empty for the server itself.
ALTER TABLE mqtt_retained ADD COLUMN owner TEXT NOT NULL DEFAULT '';
