-- Policy and health settings of a module, as JSON.
CREATE TABLE IF NOT EXISTS ModuleSettings (
  modid INT NOT NULL,
  cmdid INT NOT NULL,
  settings MEDIUMTEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (modid, cmdid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
