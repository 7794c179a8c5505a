// The whole comparison: an agent of its own beside a bare echo, both ends on one processor and apart.
#pragma once

#include <chrono>
#include <filesystem>
#include <lars/error.hpp>
#include <ostream>
#include <vector>

#include "bench/figures.hpp"

namespace lars::bench {

// Starts dns and agent as child processes on free ports over a temporary SQLite database of 100 modules with 5 hosts
// each, and measures 1, 2 and 4 clients, with and without reports, for `each` per row; then the same against a bare
// recvmmsg/sendmmsg echo with datagrams of the same sizes. `progress` is told what is being measured.
// errc::system_error when a role does not start, or the errors of the storage.
result<std::vector<figure_row>> run_comparison(const std::filesystem::path& program, std::chrono::milliseconds each,
                                               std::ostream& progress);

}  // namespace lars::bench
