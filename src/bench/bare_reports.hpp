// The floor of `lars bench report`: its rows written by nothing but the statements.
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

// Writes what `size` describes in sorted flushes of 25,000 results, over one connection, under callers of its own.
// Threads: blocking. Errors: the storage's.
result<bare_figures> write_bare_reports(const storage::storage_config& storage, const report_load_size& size);

}  // namespace lars::bench
