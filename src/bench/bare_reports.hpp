// The baseline of `lars bench report`: the same rows, written by the SQL statements alone.
#pragma once

#include <chrono>
#include <cstddef>

#include "bench/report_load.hpp"
#include "storage/storage_config.hpp"

namespace lars::bench {

struct bare_figures {
  std::size_t rows = 0;
  std::chrono::duration<double> wall{0};
  std::chrono::nanoseconds cpu{0};  // of this process, in the statements alone
};

// Writes the results that `size` describes, in sorted flushes of 25,000 over one connection. Its rows have callers of
// their own.
// Threads: blocking. Errors: the storage's.
result<bare_figures> write_bare_reports(const storage::storage_config& storage, const report_load_size& size);

}  // namespace lars::bench
