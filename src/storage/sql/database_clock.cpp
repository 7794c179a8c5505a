#include "storage/sql/database_clock.hpp"

#include <soci/soci.h>

#include <string>

#include "base/clock.hpp"

namespace lars::storage {

std::int64_t database_time(soci::session& sql, backend kind) {
  // SQLite runs in this process, by this machine's clock.
  if (kind == backend::sqlite) return base::unix_seconds();
  long long seconds = 0;
  sql << std::string("SELECT ") + clock_of(kind), soci::into(seconds);
  return seconds;
}

}  // namespace lars::storage
