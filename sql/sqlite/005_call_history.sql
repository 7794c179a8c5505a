-- Sums of calls to a host of a module over `step` seconds from the Unix second `bucket` on. latency_N counts calls
-- of at most 0.5 * 2^N ms, the last one all that were slower.
CREATE TABLE IF NOT EXISTS CallHistory (
  modid INTEGER NOT NULL,
  cmdid INTEGER NOT NULL,
  ip INTEGER NOT NULL,
  port INTEGER NOT NULL,
  step INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  succ INTEGER NOT NULL DEFAULT 0,
  err INTEGER NOT NULL DEFAULT 0,
  latency_sum_us INTEGER NOT NULL DEFAULT 0,
  cost_sum INTEGER NOT NULL DEFAULT 0,
  latency_0 INTEGER NOT NULL DEFAULT 0,
  latency_1 INTEGER NOT NULL DEFAULT 0,
  latency_2 INTEGER NOT NULL DEFAULT 0,
  latency_3 INTEGER NOT NULL DEFAULT 0,
  latency_4 INTEGER NOT NULL DEFAULT 0,
  latency_5 INTEGER NOT NULL DEFAULT 0,
  latency_6 INTEGER NOT NULL DEFAULT 0,
  latency_7 INTEGER NOT NULL DEFAULT 0,
  latency_8 INTEGER NOT NULL DEFAULT 0,
  latency_9 INTEGER NOT NULL DEFAULT 0,
  latency_10 INTEGER NOT NULL DEFAULT 0,
  latency_11 INTEGER NOT NULL DEFAULT 0,
  latency_12 INTEGER NOT NULL DEFAULT 0,
  latency_13 INTEGER NOT NULL DEFAULT 0,
  latency_14 INTEGER NOT NULL DEFAULT 0,
  latency_15 INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (modid, cmdid, ip, port, step, bucket)
);
CREATE INDEX IF NOT EXISTS history_age ON CallHistory (step, bucket);

-- The last batch applied of each incarnation of an agent (128 bits in hex): what makes a batch apply exactly once.
CREATE TABLE IF NOT EXISTS ReportProgress (
  agent_id TEXT NOT NULL PRIMARY KEY,
  seq INTEGER NOT NULL,
  updated INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS progress_age ON ReportProgress (updated);
