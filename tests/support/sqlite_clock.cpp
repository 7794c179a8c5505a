#include "support/sqlite_clock.hpp"

#include <sqlite3.h>

#include <chrono>

#include "base/clock.hpp"

namespace lars::test {
namespace {

constexpr sqlite3_int64 epoch = 210'866'760'000'000;  // 1970 in SQLite's milliseconds, which begin in 4714 BC

sqlite3_vfs with_clock{};  // the system's, with another clock

int current_time(sqlite3_vfs*, sqlite3_int64* now) {
  const auto unix_time = base::utc_now().time_since_epoch();
  *now = epoch + std::chrono::duration_cast<std::chrono::milliseconds>(unix_time).count();
  return SQLITE_OK;
}

int current_day(sqlite3_vfs* vfs, double* now) {
  sqlite3_int64 ms = 0;
  current_time(vfs, &ms);
  *now = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}

}  // namespace

sqlite_clock::sqlite_clock() {
  sqlite3_initialize();
  with_clock = *sqlite3_vfs_find(nullptr);
  with_clock.zName = "lars-test-clock";
  with_clock.xCurrentTime = current_day;
  with_clock.xCurrentTimeInt64 = current_time;
  sqlite3_vfs_register(&with_clock, 1);
}

sqlite_clock::~sqlite_clock() { sqlite3_vfs_unregister(&with_clock); }

}  // namespace lars::test
