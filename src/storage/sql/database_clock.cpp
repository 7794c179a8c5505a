#include "storage/sql/database_clock.hpp"

#include <soci/soci.h>

#include <string>

#include "base/clock.hpp"

namespace lars::storage {

std::int64_t database_time(soci::session& sql, backend kind) {
  // A SQLite file has the clock of this machine.
  if (kind == backend::sqlite) return base::unix_seconds();
  long long seconds = 0;
  sql << std::string("SELECT ") + clock_of(kind), soci::into(seconds);
  return seconds;
}

}  // namespace lars::storage
