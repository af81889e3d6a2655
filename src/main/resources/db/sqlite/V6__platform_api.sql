-- People and what they may: which devices the permissions of a role count for, how to reach a
-- person, and the codes that are sent to them.
ALTER TABLE role ADD COLUMN reach TEXT NOT NULL DEFAULT 'propios';
UPDATE role SET reach = 'todos' WHERE name IN ('superusuario', 'solo_lectura');

-- The list of users is for those who manage them; the two other first roles never needed it.
DELETE FROM role_permission
 WHERE permission_id IN (SELECT id FROM permission WHERE code = 'ver_usuarios')
   AND role_id IN (SELECT id FROM role WHERE name IN ('operador', 'solo_lectura'));

ALTER TABLE account ADD COLUMN email_verified INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN email_notifications INTEGER NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN telegram_chat TEXT;
ALTER TABLE account ADD COLUMN telegram_username TEXT;
ALTER TABLE account ADD COLUMN telegram_notifications INTEGER NOT NULL DEFAULT 1;
-- Counts new passwords; tokens carry the number they were made under.
ALTER TABLE account ADD COLUMN token_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;
CREATE UNIQUE INDEX account_email ON account (email COLLATE NOCASE) WHERE email <> '';
CREATE UNIQUE INDEX account_telegram_chat ON account (telegram_chat) WHERE telegram_chat IS NOT NULL;

-- The newest code of each kind that was sent to a person, good once and for a while: for the e-mail
-- address, a new password, the Telegram account. hash: HMAC-SHA-256 with a key of the server,
-- hexadecimal. subject: what it is for, such as the address. failures: wrong guesses at it.
CREATE TABLE account_code (
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER,
  failures INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (account_id, purpose)
) STRICT, WITHOUT ROWID;

-- Who else may look at a device, and until when.
CREATE TABLE device_share (
  device_id INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
  account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_by INTEGER REFERENCES account (id) ON DELETE SET NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (device_id, account_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX device_share_account ON device_share (account_id);

CREATE INDEX device_operator ON device (operator_id);
CREATE INDEX series_sensor ON series (sensor_id);

ALTER TABLE site ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE site ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;

-- Who changed what; written in the transaction of the change. changes: field, old and new value.
-- search: what people look for, folded, each word behind two blanks, so that three characters can
-- say that a word begins here.
CREATE TABLE audit_log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  account_id INTEGER,
  username TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  object_id TEXT NOT NULL,
  object_name TEXT NOT NULL,
  changes TEXT NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  search TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_at ON audit_log (at);
CREATE INDEX audit_log_action ON audit_log (action, id);
CREATE INDEX audit_log_model ON audit_log (model, id);
CREATE INDEX audit_log_action_model ON audit_log (action, model, id);
CREATE INDEX audit_log_username ON audit_log (username, id);
CREATE INDEX audit_log_username_action ON audit_log (username, action, id, model);
CREATE INDEX audit_log_username_model ON audit_log (username, model, id);
CREATE INDEX audit_log_account ON audit_log (account_id, id, action, model);
CREATE INDEX audit_log_object ON audit_log (object_id, id, model, action);

CREATE VIRTUAL TABLE audit_search USING fts5 (
  search, content = 'audit_log', content_rowid = 'id', detail = 'none',
  tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER audit_log_written AFTER INSERT ON audit_log BEGIN
  INSERT INTO audit_search (rowid, search) VALUES (new.id, new.search);
END;
CREATE TRIGGER audit_log_deleted AFTER DELETE ON audit_log BEGIN
  INSERT INTO audit_search (audit_search, rowid, search) VALUES ('delete', old.id, old.search);
END;

-- How many lines there are: audit_total by scope ('all', 'u:' and a name, 'a:' and the id of an
-- account), plus what audit_delta says that has not been added to it yet. A change only adds a row,
-- so that no two changes wait for each other.
CREATE TABLE audit_total (
  scope TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (scope, action, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_delta (
  id INTEGER PRIMARY KEY,
  account_id INTEGER,
  username TEXT NOT NULL,
  action TEXT NOT NULL,
  model TEXT NOT NULL,
  n INTEGER NOT NULL
) STRICT;

-- Requests to the API; written beside the requests. Of a flood only some have a line.
-- query: JSON of the parameters, masked.
CREATE TABLE access_log (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  account_id INTEGER,
  username TEXT NOT NULL,
  module TEXT NOT NULL,
  endpoint TEXT NOT NULL,
  method TEXT NOT NULL,
  status INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  address TEXT NOT NULL,
  user_agent TEXT NOT NULL,
  query TEXT NOT NULL
) STRICT;
CREATE INDEX access_log_at ON access_log (at);
CREATE INDEX access_log_account
  ON access_log (account_id, id, method, status, module, duration_us);
CREATE INDEX access_log_module ON access_log (module, id, method, status, duration_us, account_id);
CREATE INDEX access_log_method ON access_log (method, id, status, duration_us, account_id);
CREATE INDEX access_log_status ON access_log (status, id, method, duration_us, account_id);
CREATE INDEX access_log_error
  ON access_log (id, status, method, module, duration_us, account_id) WHERE status >= 400;
CREATE INDEX access_log_slow
  ON access_log (id, status, method, module, account_id) WHERE duration_us > 2000000;
CREATE INDEX access_log_duration ON access_log (duration_us);
CREATE INDEX access_log_account_duration ON access_log (account_id, duration_us);

-- All requests, added up by UTC day (days since 1970). account_id: -1 all together, 0 nobody's.
-- lines, slow_lines: how many of them have a line in access_log.
CREATE TABLE access_total (
  day INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  module TEXT NOT NULL,
  method TEXT NOT NULL,
  status INTEGER NOT NULL,
  requests INTEGER NOT NULL,
  duration_us INTEGER NOT NULL,
  lines INTEGER NOT NULL,
  slow_lines INTEGER NOT NULL,
  PRIMARY KEY (account_id, day, module, method, status)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_total_day ON access_total (day);

-- The same by end point.
CREATE TABLE access_endpoint (
  day INTEGER NOT NULL,
  account_id INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  method TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (account_id, day, endpoint, method)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_endpoint_day ON access_endpoint (day);

-- Answers to requests with an Idempotency-Key, to be given again.
CREATE TABLE idempotent_reply (
  sender TEXT NOT NULL,
  key TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  status INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  body BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (sender, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotent_reply_created_at ON idempotent_reply (created_at);
CREATE INDEX idempotent_reply_sender ON idempotent_reply (sender, created_at);

-- Readings by their number: which one a number belongs to, also after a correction gave it another.
ALTER TABLE reading_correction ADD COLUMN old_seq INTEGER NOT NULL DEFAULT 0;
CREATE INDEX reading_correction_old_seq ON reading_correction (old_seq) WHERE old_seq > 0;
CREATE INDEX reading_chunk_seq ON reading_chunk (max_seq, min_seq);

-- How far the messages that people sent to a Telegram bot were worked off.
CREATE TABLE telegram_offset (
  bot TEXT PRIMARY KEY,
  update_id INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
