-- What a host is worth, where it stands, and whether it takes calls. The defaults are what a host without them means.
ALTER TABLE RouteData ADD COLUMN weight INT UNSIGNED NOT NULL DEFAULT 100;
ALTER TABLE RouteData ADD COLUMN zone VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '';
ALTER TABLE RouteData ADD COLUMN state TINYINT UNSIGNED NOT NULL DEFAULT 0;
