-- Sums of calls to a host of a module over `step` seconds from the Unix second `bucket` on. latency_N counts calls
-- of at most 0.5 * 2^N ms, the last one all that were slower.
CREATE TABLE IF NOT EXISTS CallHistory (
  modid INT NOT NULL,
  cmdid INT NOT NULL,
  ip INT UNSIGNED NOT NULL,
  port INT UNSIGNED NOT NULL,
  step INT UNSIGNED NOT NULL,
  bucket BIGINT NOT NULL,
  succ BIGINT UNSIGNED NOT NULL DEFAULT 0,
  err BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_sum_us BIGINT UNSIGNED NOT NULL DEFAULT 0,
  cost_sum BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_0 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_1 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_2 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_3 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_4 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_5 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_6 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_7 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_8 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_9 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_10 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_11 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_12 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_13 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_14 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  latency_15 BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (modid, cmdid, ip, port, step, bucket),
  INDEX history_age (step, bucket)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

-- The last batch applied of each incarnation of an agent (128 bits in hex): what makes a batch apply exactly once.
CREATE TABLE IF NOT EXISTS ReportProgress (
  agent_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  seq BIGINT UNSIGNED NOT NULL,
  updated BIGINT NOT NULL,
  INDEX progress_age (updated)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
