-- What a clock hour of the site adds up to, for good readings; minutes: the same of each of its
-- minutes, compressed. weighted: value times covered time, in value-microseconds; covered:
-- microseconds for which a value was held. flagged: readings left out for their quality.
CREATE TABLE rollup_hour (
  series_id INTEGER NOT NULL,
  from_ts INTEGER NOT NULL,
  to_ts INTEGER NOT NULL,
  count INTEGER NOT NULL,
  flagged INTEGER NOT NULL,
  sum REAL NOT NULL,
  min REAL,
  max REAL,
  first REAL,
  first_ts INTEGER,
  last REAL,
  last_ts INTEGER,
  weighted REAL NOT NULL,
  covered INTEGER NOT NULL,
  minutes BLOB,
  PRIMARY KEY (series_id, from_ts)
) STRICT;

-- The same of a day of the site, 23 to 25 hours.
CREATE TABLE rollup_day (
  series_id INTEGER NOT NULL,
  from_ts INTEGER NOT NULL,
  to_ts INTEGER NOT NULL,
  count INTEGER NOT NULL,
  flagged INTEGER NOT NULL,
  sum REAL NOT NULL,
  min REAL,
  max REAL,
  first REAL,
  first_ts INTEGER,
  last REAL,
  last_ts INTEGER,
  weighted REAL NOT NULL,
  covered INTEGER NOT NULL,
  PRIMARY KEY (series_id, from_ts)
) STRICT, WITHOUT ROWID;
CREATE INDEX rollup_day_from ON rollup_day (from_ts);

-- Hours that have to be added up again.
CREATE TABLE rollup_dirty (
  series_id INTEGER NOT NULL,
  from_ts INTEGER NOT NULL,
  PRIMARY KEY (series_id, from_ts)
) STRICT, WITHOUT ROWID;

-- How long to keep what, in days; null keeps it for ever. A row without sensor is for the site.
CREATE TABLE retention (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  site_id INTEGER NOT NULL REFERENCES site (id) ON DELETE CASCADE,
  sensor_id INTEGER REFERENCES sensor (id) ON DELETE CASCADE,
  raw_days INTEGER,
  minute_days INTEGER,
  hour_days INTEGER,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX retention_place ON retention (site_id, coalesce(sensor_id, 0));

-- Files of readings on their way in.
CREATE TABLE import_job (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  author TEXT NOT NULL,
  state TEXT NOT NULL,
  options TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  bytes_done INTEGER NOT NULL,
  lines_done INTEGER NOT NULL,
  stored INTEGER NOT NULL,
  duplicates INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  errors TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
