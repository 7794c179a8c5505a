#include "agent/results/spool_record.hpp"

#include <catch2/catch.hpp>

namespace lars::spool_record_test {

using namespace lars::agent;

namespace {

std::string some_frame() {
  proto::status_report report;
  report.key = {1, 2};
  report.ts = 1700000000;
  report.results.push_back({{0x0a000001, 80}, 5, 1, true, {}});
  report.results[0].delta.succ = 5;
  report.results[0].delta.latency[7] = 3;
  return proto::encode(report);
}

}  // namespace

TEST_CASE("a header is read back") {
  const spool_header header{42, *base::agent_id::from_bytes("sixteen bytes id"), 7, 9};
  const auto bytes = make_spool_header(header);
  REQUIRE(bytes.size() == spool_header_size);
  const auto read = read_spool_header(bytes);
  REQUIRE(read);
  CHECK(read->epoch == 42);
  CHECK(read->agent == header.agent);
  CHECK(read->first_seq == 7);
  CHECK(read->loaded_seq == 9);
}

TEST_CASE("loaded_seq is updated without touching the rest of the header") {
  auto bytes = make_spool_header({42, {}, 7, 9});
  bytes.replace(loaded_seq_offset, 8, make_loaded_seq(11));
  CHECK(read_spool_header(bytes)->loaded_seq == 11);
}

TEST_CASE("a header with any bit flipped is rejected") {
  const auto bytes = make_spool_header({42, *base::agent_id::from_bytes("sixteen bytes id"), 7, 9});
  for (std::size_t i = 0; i < loaded_seq_offset; ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    INFO(i);
    CHECK_FALSE(read_spool_header(damaged));
  }
  CHECK_FALSE(read_spool_header(bytes.substr(0, spool_header_size - 1)));
}

TEST_CASE("a record is read back whole, with its report") {
  const auto bytes = make_spool_record(42, {5, true}, some_frame());
  const auto file = bytes + "more";
  const auto record = read_spool_record(42, file);
  REQUIRE(record);
  CHECK(record->size == bytes.size());
  CHECK(record->mark.tick == 5);
  CHECK(record->mark.whole);
  const auto report = read_report(record->frame);
  REQUIRE(report);
  CHECK(report->key == route_key{1, 2});
  REQUIRE(report->results.size() == 1);
  CHECK(report->results[0].overload);
  CHECK(report->results[0].delta.latency[7] == 3);
}

TEST_CASE("a truncated or damaged record, or one of another epoch, is rejected") {
  const auto bytes = make_spool_record(42, {5, false}, some_frame());
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(read_spool_record(42, bytes.substr(0, size)));
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    INFO(i);
    CHECK_FALSE(read_spool_record(42, damaged));
  }
  CHECK_FALSE(read_spool_record(43, bytes));
  CHECK_FALSE(read_spool_record(42, std::string(64, '\0')));
}

}  // namespace lars::spool_record_test
