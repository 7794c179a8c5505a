#include "agent/results/status_merge.hpp"

#include <catch2/catch.hpp>
#include <limits>

namespace lars::status_merge_test {

using namespace lars::agent;

namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();

proto::call_result result_of(std::uint32_t port, std::uint64_t succ, std::uint64_t err = 0) {
  proto::call_result one;
  one.where = {0x0a000001, port};
  one.succ = static_cast<std::uint32_t>(succ);
  one.delta.succ = succ;
  one.delta.err = err;
  return one;
}

proto::status_report report_of(route_key key, std::uint32_t ts, std::vector<proto::call_result> results) {
  proto::status_report report;
  report.key = key;
  report.ts = ts;
  report.results = std::move(results);
  return report;
}

std::uint64_t calls_in(const std::vector<proto::status_report>& reports) {
  std::uint64_t calls = 0;
  for (const auto& report : reports)
    for (const auto& one : report.results) calls += one.delta.calls();
  return calls;
}

}  // namespace

TEST_CASE("an increment beyond 32 bits is split without loss") {
  auto large = result_of(80, 2 * most + 5, most + 1);
  large.delta.latency[3] = most + 7;
  large.delta.latency_sum_us = 99;
  std::vector<proto::call_result> pieces;
  append_result(pieces, large);
  base::call_sums sums;
  for (const auto& one : pieces) {
    CHECK(one.delta.succ <= most);
    CHECK(one.delta.err <= most);
    CHECK(one.delta.latency[3] <= most);
    sums += one.delta;
  }
  CHECK(sums == large.delta);
}

TEST_CASE("a report is split into frames that fit for any values") {
  proto::call_result widest;
  widest.where = {0xFFFFFFFF, 0xFFFFFFFF};
  widest.succ = widest.err = static_cast<std::uint32_t>(most);
  widest.overload = true;
  widest.delta = {most, most, UINT64_MAX, UINT64_MAX, {}};
  widest.delta.latency.fill(most);
  auto whole = report_of({-1, -1}, UINT32_MAX, std::vector<proto::call_result>(1001, widest));
  whole.caller = UINT32_MAX;
  whole.agent = *base::agent_id::from_bytes(std::string(16, '\xff'));
  whole.seq = UINT64_MAX;
  whole.features = UINT32_MAX;
  const auto pieces = split_report(whole);
  REQUIRE(pieces.size() == 3);
  std::size_t results = 0;
  for (const auto& piece : pieces) {
    CHECK(piece.results.size() <= results_a_frame);
    CHECK(proto::encode(piece).size() <= wire::stream_body_limit + wire::frame_header_size);
    results += piece.results.size();
  }
  CHECK(results == 1001);
}

TEST_CASE("batches of the same step become one, and steps stay apart") {
  const std::vector<proto::status_report> reports{
      report_of({1, 1}, 100, {result_of(80, 1), result_of(81, 2)}), report_of({1, 1}, 109, {result_of(80, 3, 4)}),
      report_of({2, 1}, 105, {result_of(80, 5)}), report_of({1, 1}, 110, {result_of(80, 6)})};
  const auto merged = merge_reports(reports, 10);
  REQUIRE(merged.size() == 3);
  CHECK(calls_in(merged) == calls_in(reports));
  CHECK(merged[0].ts == 100);
  CHECK(merged[0].results.size() == 2);
  CHECK(merged[0].results[0].delta.succ == 4);
  CHECK(merged[0].results[0].delta.err == 4);
  CHECK(merged[0].results[0].succ == 3);
  CHECK(merged[1].key == route_key{2, 1});
  CHECK(merged[2].ts == 110);
  CHECK(merge_reports(reports, 60).size() == 2 + 0);
}

TEST_CASE("merging splits sums beyond 32 bits") {
  const std::vector<proto::status_report> reports{report_of({1, 1}, 100, {result_of(80, most)}),
                                                  report_of({1, 1}, 101, {result_of(80, most)})};
  const auto merged = merge_reports(reports, 10);
  REQUIRE(merged.size() == 1);
  CHECK(merged[0].results.size() == 2);
  CHECK(calls_in(merged) == 2 * most);
}

TEST_CASE("steps follow the boot clock even if the wall clock was set") {
  const auto counted = [](std::uint64_t boot, std::uint64_t ms, std::uint32_t ts) {
    auto report = report_of({1, 1}, ts, {result_of(80, 1)});
    report.counted = {boot, ms};
    return report;
  };
  // The clock was set by years in between, and then came the same time of another boot.
  const auto merged = merge_reports(
      {counted(7, 60'000, 300), counted(7, 69'000, 1'700'000'000), counted(7, 70'000, 301), counted(8, 60'000, 300)},
      10);
  REQUIRE(merged.size() == 3);
  CHECK(merged[0].counted == base::boot_moment{7, 60'000});
  CHECK(merged[0].ts == 300);
  CHECK(merged[0].results[0].delta.succ == 2);
  CHECK(merged[1].counted == base::boot_moment{7, 70'000});
  CHECK(merged[2].counted == base::boot_moment{8, 60'000});
}

TEST_CASE("an old reporter gets the newest counts of each host once, in the original fields") {
  auto first = report_of({1, 1}, 100, {result_of(80, 1), result_of(81, 2)});
  first.agent = *base::agent_id::from_bytes("sixteen bytes id");
  first.seq = 5;
  first.features = proto::our_features;
  first.counted = {7, 8};
  first.results[0].delta.latency[3] = 1;
  const auto newest =
      newest_status({first, report_of({2, 1}, 101, {result_of(80, 7)}), report_of({1, 1}, 102, {result_of(80, 3)})});
  REQUIRE(newest.size() == 2);
  CHECK(newest[0].key == route_key{2, 1});
  CHECK(newest[1].key == route_key{1, 1});
  CHECK(newest[1].ts == 102);
  REQUIRE(newest[1].results.size() == 2);
  CHECK(newest[1].results[0].succ == 3);
  CHECK(newest[1].results[1].succ == 2);
  auto old = report_of({1, 1}, 102, {result_of(80, 3), result_of(81, 2)});
  for (auto& one : old.results) one.delta = {};
  CHECK(proto::encode(newest[1]) == proto::encode(old));
}

}  // namespace lars::status_merge_test
