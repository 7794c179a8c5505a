-- The tables that programs already in the field read and write. A database that has them passes through untouched.
CREATE TABLE IF NOT EXISTS RouteData (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  modid INT NOT NULL,
  cmdid INT NOT NULL,
  serverip INT UNSIGNED NOT NULL,
  serverport INT UNSIGNED NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS RouteVersion (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  version BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS RouteChange (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  modid INT NOT NULL,
  cmdid INT NOT NULL,
  version BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- ip and caller are wide enough for both forms in use: the signed number of the wire and the unsigned address.
CREATE TABLE IF NOT EXISTS ServerCallStatus (
  modid INT NOT NULL,
  cmdid INT NOT NULL,
  ip BIGINT NOT NULL,
  port BIGINT NOT NULL,
  caller BIGINT NOT NULL,
  succ_cnt INT UNSIGNED NOT NULL,
  err_cnt INT UNSIGNED NOT NULL,
  ts BIGINT NOT NULL,
  overload CHAR(1) NOT NULL,
  PRIMARY KEY (modid, cmdid, ip, port, caller)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS ModIDConfig (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  modid INT NOT NULL,
  content VARCHAR(256) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE IF NOT EXISTS CmdIDConfig (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  cmdid INT NOT NULL,
  content VARCHAR(256) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT IGNORE INTO RouteVersion (id, version) VALUES (1, 0);
