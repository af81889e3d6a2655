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
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX audit_log_action ON audit_log (action, id);
CREATE INDEX audit_log_model ON audit_log (model, object_id, id);
CREATE INDEX audit_log_username ON audit_log (username, id);

-- Every request to the API; written beside the requests.
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
  user_agent TEXT NOT NULL
) STRICT;
CREATE INDEX access_log_account ON access_log (account_id, id);

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
