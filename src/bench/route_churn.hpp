// Somebody who changes routes while something is measured.
#pragma once

#include <chrono>
#include <lars/error.hpp>
#include <memory>

#include "bench/child_task.hpp"
#include "bench/route_fill.hpp"
#include "storage/storage_config.hpp"

namespace lars::bench {

// A process that takes a host of one of the first few modules out, or puts it back, every `pause`: each time dns pushes
// a membership and the agent publishes it. Modules of one host have its weight changed instead. Lifetime of the
// process: that of what is returned. REQUIRES: as child_task::start(). errc::system_error.
result<std::unique_ptr<child_task>> start_route_churn(const storage::storage_config& storage, table_size size,
                                                      std::chrono::milliseconds pause);

}  // namespace lars::bench
