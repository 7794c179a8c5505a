// Compares the transports with each other, and the agent's UDP ports with a minimal UDP server.
#pragma once

#include <filesystem>
#include <lars/error.hpp>
#include <ostream>

#include "bench/transport_bench.hpp"

namespace lars::bench {

// A round measures each of the following for settings.each, in turns, so that other load of the machine affects all of
// them: one thread and two threads through shared memory, one thread over UDP; then pipelining clients, with and
// without reports, on the agent and on a bare recvmmsg/sendmmsg server, each server alone on a processor. Figures are
// medians of `runs` rounds, ratios are medians of the rounds' ratios. Routes change meanwhile. Errors: as
// measure_transports().
result<transport_figures> run_comparison(const std::filesystem::path& program, const transport_settings& settings,
                                         std::size_t runs, std::ostream& progress);

}  // namespace lars::bench
