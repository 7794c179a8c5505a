-- Routes are read by module; change rows expire by age.
CREATE INDEX IF NOT EXISTS route_module ON RouteData (modid, cmdid);
CREATE INDEX IF NOT EXISTS change_version ON RouteChange (version);
