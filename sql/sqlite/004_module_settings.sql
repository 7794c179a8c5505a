-- Policy and health settings of a module, as JSON.
CREATE TABLE IF NOT EXISTS ModuleSettings (
  modid INTEGER NOT NULL,
  cmdid INTEGER NOT NULL,
  settings TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (modid, cmdid)
);
