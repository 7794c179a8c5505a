// SQLite's clock in a test.
#pragma once

namespace lars::test {

// While it lives, what SQLite calls "now" is base::utc_now(), in every connection that is opened meanwhile.
// Lifetime: outlives those connections; one at a time. Threads: one.
class sqlite_clock {
public:
  sqlite_clock();
  ~sqlite_clock();
  sqlite_clock(const sqlite_clock&) = delete;
  sqlite_clock& operator=(const sqlite_clock&) = delete;
};

}  // namespace lars::test
