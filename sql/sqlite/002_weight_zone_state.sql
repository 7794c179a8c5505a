-- What a host is worth, where it stands, and whether it takes calls. The defaults are what a host without them means.
ALTER TABLE RouteData ADD COLUMN weight INTEGER NOT NULL DEFAULT 100;
ALTER TABLE RouteData ADD COLUMN zone TEXT NOT NULL DEFAULT '';
ALTER TABLE RouteData ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
