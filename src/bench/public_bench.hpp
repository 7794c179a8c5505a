// What callers get: the public interfaces of the library as it was built, beside the classes inside it, in turns.
#pragma once

#include <cstddef>
#include <filesystem>
#include <lars/error.hpp>
#include <ostream>
#include <vector>

#include "bench/transport_bench.hpp"

namespace lars::bench {

// A row each of the classes inside and of <lars/lars.h>, <lars/client.hpp> and <lars_api.h>: pick + report through
// shared memory, medians of `runs` rounds in which each comes once, for each of the policies. The public ones are used
// by lars-bench-caller, which lies beside `program`: errc::io_failed where it does not. Otherwise errors as of
// own_agent::start() and pick_load::start().
result<std::vector<transport_figures>> measure_public(const std::filesystem::path& program,
                                                      const transport_settings& settings, std::size_t runs,
                                                      std::ostream& progress);

}  // namespace lars::bench
