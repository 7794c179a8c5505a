// Measures the public interfaces of the built library and the classes inside it, in turns.
#pragma once

#include <cstddef>
#include <filesystem>
#include <lars/error.hpp>
#include <ostream>
#include <vector>

#include "bench/transport_bench.hpp"

namespace lars::bench {

// For each policy, one row for the classes inside and one each for <lars/lars.h>, <lars/client.hpp> and <lars_api.h>:
// pick + report through shared memory, medians of `runs` rounds. Each round measures each of them once. The public
// interfaces are called by lars-bench-caller, in the directory of `program`; errc::io_failed where it is missing. Other
// errors: as own_agent::start() and pick_load::start().
result<std::vector<transport_figures>> measure_public(const std::filesystem::path& program,
                                                      const transport_settings& settings, std::size_t runs,
                                                      std::ostream& progress);

}  // namespace lars::bench
