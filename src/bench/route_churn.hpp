// Changes routes while something is measured.
#pragma once

#include <chrono>
#include <lars/error.hpp>
#include <memory>

#include "bench/child_task.hpp"
#include "bench/route_fill.hpp"
#include "storage/storage_config.hpp"

namespace lars::bench {

// Starts a process that, every `pause`, removes a host of one of the first few modules or adds it again. Each time dns
// pushes the route and the agent publishes a table. A module with one host has its weight changed instead. The process
// ends with the returned object. REQUIRES: as child_task::start(). errc::system_error.
result<std::unique_ptr<child_task>> start_route_churn(const storage::storage_config& storage, table_size size,
                                                      std::chrono::milliseconds pause);

}  // namespace lars::bench
