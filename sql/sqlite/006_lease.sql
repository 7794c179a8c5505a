-- Who does work that one of several servers is to do, and until when by the database's clock.
CREATE TABLE IF NOT EXISTS LarsLease (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires INTEGER NOT NULL
);
