// A client over a bare socket that keeps several questions under way: what an agent can answer when callers do not
// wait.
#pragma once

#include <atomic>
#include <lars/error.hpp>

#include "bench/qps_load.hpp"

namespace lars::bench {

// Asks until `stop`. Answers are taken in the order of the questions; a window without any answer for 200 ms is lost
// and counted as that many errors. errc::system_error when there is no socket. Threads: any thread; blocking.
result<client_record> run_window_client(const load_config& config, std::size_t first_module,
                                        const std::atomic<bool>& stop);

}  // namespace lars::bench
