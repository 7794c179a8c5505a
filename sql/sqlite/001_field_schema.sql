-- The tables that programs already in the field read and write. A database that has them passes through untouched.
CREATE TABLE IF NOT EXISTS RouteData (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  modid INTEGER NOT NULL,
  cmdid INTEGER NOT NULL,
  serverip INTEGER NOT NULL,
  serverport INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS RouteVersion (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  version INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS RouteChange (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  modid INTEGER NOT NULL,
  cmdid INTEGER NOT NULL,
  version INTEGER NOT NULL
);

-- ip and caller are wide enough for both forms in use: the signed number of the wire and the unsigned address.
CREATE TABLE IF NOT EXISTS ServerCallStatus (
  modid INTEGER NOT NULL,
  cmdid INTEGER NOT NULL,
  ip INTEGER NOT NULL,
  port INTEGER NOT NULL,
  caller INTEGER NOT NULL,
  succ_cnt INTEGER NOT NULL,
  err_cnt INTEGER NOT NULL,
  ts INTEGER NOT NULL,
  overload TEXT NOT NULL,
  PRIMARY KEY (modid, cmdid, ip, port, caller)
);

CREATE TABLE IF NOT EXISTS ModIDConfig (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  modid INTEGER NOT NULL,
  content TEXT NOT NULL DEFAULT ''
);

CREATE TABLE IF NOT EXISTS CmdIDConfig (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  cmdid INTEGER NOT NULL,
  content TEXT NOT NULL DEFAULT ''
);

INSERT OR IGNORE INTO RouteVersion (id, version) VALUES (1, 0);
