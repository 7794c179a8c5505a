-- Routes are read by module; change rows expire by age.
ALTER TABLE RouteData ADD INDEX route_module (modid, cmdid);
ALTER TABLE RouteChange ADD INDEX change_version (version);
