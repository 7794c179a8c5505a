// Status batches cut to what a frame holds, and many of them made into few. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/codec.hpp"

namespace lars::agent {

// Results that fit a frame for any reporter, whatever their numbers: one takes at most 160 bytes of 65,527.
inline constexpr std::size_t results_a_frame = 400;

// Cuts increments to 32 bits, which is what the wire has for them: a result with more becomes several.
void append_result(std::vector<proto::call_result>& to, const proto::call_result& result);

// Reports of at most results_a_frame results each, the others' fields the same.
std::vector<proto::status_report> split_report(proto::status_report whole);

// Adds up what is of the same host within the same `step` seconds; the newest absolute counts of a host win. The
// results are in the order of time and belong to the moment of the first report of their step (to the beginning of the
// step where the clock alone tells). REQUIRES: reports in the order they were made.
std::vector<proto::status_report> merge_reports(const std::vector<proto::status_report>& reports, std::uint32_t step);

// What a program already in the field is told of many reports: one report a module (several where its hosts do not fit
// one), each host once with its newest absolute counts, nothing but fields of old. Such a reporter overwrites rows, on
// several threads, in any order: two reports of one module on their way at once may leave the older one in the table.
// In the order of each module's last report. REQUIRES: reports in the order they were made.
std::vector<proto::status_report> newest_status(std::vector<proto::status_report> reports);

}  // namespace lars::agent
