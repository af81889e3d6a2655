-- Sealed readings: one compressed row a series and stretch of time, never longer than one UTC day;
-- the chunks of a series do not overlap. seqs: smallest and greatest seq inside. merged: 0 while
-- the day may still get a better shape. A damaged chunk is kept under its negative series, with its
-- id for from_ts.
CREATE TABLE reading_chunk (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series_id INTEGER NOT NULL,
  day INTEGER NOT NULL,
  from_ts INTEGER NOT NULL,
  to_ts INTEGER NOT NULL,
  count INTEGER NOT NULL,
  min_seq INTEGER NOT NULL,
  max_seq INTEGER NOT NULL,
  merged INTEGER NOT NULL,
  data BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX reading_chunk_place ON reading_chunk (series_id, from_ts);
CREATE INDEX reading_chunk_unmerged ON reading_chunk (day, series_id) WHERE merged = 0;

-- What a reading was before somebody corrected it.
CREATE TABLE reading_correction (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  series_id INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  old_value REAL NOT NULL,
  old_quality INTEGER NOT NULL,
  new_value REAL NOT NULL,
  new_quality INTEGER NOT NULL,
  reason TEXT NOT NULL,
  author TEXT NOT NULL,
  at INTEGER NOT NULL,
  undone_at INTEGER,
  undone_by TEXT
) STRICT;
CREATE INDEX reading_correction_place ON reading_correction (series_id, ts);
