// The transports beside each other, and the agent's UDP ports beside the least that a server can do.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <ostream>

#include "bench/transport_bench.hpp"

namespace lars::bench {

// Runs of settings.each, taken in turns so that whatever else the machine does meets all of them: one and two threads
// through shared memory, one over UDP; then clients that keep questions under way, with and without reports, at the
// agent and at a bare recvmmsg/sendmmsg server, each server alone on a processor. Figures are medians of `runs` such
// rounds, ratios medians of the rounds' ratios. Routes change meanwhile. Errors as of measure_transports().
result<transport_figures> run_comparison(const std::filesystem::path& program, const transport_settings& settings,
                                         std::size_t runs, std::ostream& progress);

}  // namespace lars::bench
