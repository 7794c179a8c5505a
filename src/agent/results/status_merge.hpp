// Splits status reports to fit frames, and merges many reports into few. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/codec.hpp"

namespace lars::agent {

// This many results always fit a frame of any reporter: a result takes at most 160 bytes of 65,527.
inline constexpr std::size_t results_a_frame = 400;

// Appends the result, split into several if an increment exceeds the 32 bits of the wire format.
void append_result(std::vector<proto::call_result>& to, const proto::call_result& result);

// Splits a report into reports of at most results_a_frame results. The other fields are copied.
std::vector<proto::status_report> split_report(proto::status_report whole);

// Adds up the increments of each host per `step` seconds; a host's newest absolute counts win. The merged reports are
// in order of time. Each has the time of the first report of its step, or the beginning of the step if only the wall
// clock is known. REQUIRES: reports in order of creation.
std::vector<proto::status_report> merge_reports(const std::vector<proto::status_report>& reports, std::uint32_t step);

// Merges many reports for an old reporter: one report per module (several if its hosts do not fit), each host once
// with its newest absolute counts, and only fields of the original protocol. Such a reporter overwrites rows from
// several threads, so two reports of one module in flight at once may leave the older one in the table. The result is
// in order of each module's last report. REQUIRES: reports in order of creation.
std::vector<proto::status_report> newest_status(std::vector<proto::status_report> reports);

}  // namespace lars::agent
