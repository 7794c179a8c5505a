// A pipelining client over a bare socket: it keeps several requests in flight.
#pragma once

#include <atomic>
#include <lars/error.hpp>

#include "bench/qps_load.hpp"

namespace lars::bench {

// Sends requests until `stop`. Answers are matched with requests in order. A window without an answer for 200 ms is
// lost and counts as that many errors. errc::system_error when there is no socket. Threads: any thread; blocking.
result<client_record> run_window_client(const load_config& config, std::size_t first_module,
                                        const std::atomic<bool>& stop);

}  // namespace lars::bench
