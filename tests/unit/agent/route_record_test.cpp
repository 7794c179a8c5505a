#include "agent/route_record.hpp"

#include <catch2/catch.hpp>
#include <vector>

using namespace lars;
using namespace lars::agent;

namespace {

proto::route_response sample(route_key key, std::uint32_t hosts) {
  proto::route_response route;
  route.key = key;
  route.digest = 42 + hosts;
  for (std::uint32_t i = 0; i < hosts; ++i)
    route.hosts.push_back({{{0xc0a80000 + i, 80}, i, static_cast<host_state>(i % 3)}, "zone"});
  return route;
}

struct scanned {
  std::vector<proto::route_response> routes;
  scan_result result;
};

scanned scan(const std::string& file) {
  scanned found;
  found.result =
      scan_records(file, [&](const proto::route_response& route, std::string_view) { found.routes.push_back(route); });
  return found;
}

}  // namespace

TEST_CASE("a route comes back from its record with every property of its hosts") {
  const auto route = sample({-7, 9}, 5);
  const auto found = scan(std::string(route_file_header) + make_record(route));
  REQUIRE(found.routes.size() == 1);
  CHECK(found.routes[0].key == route.key);
  CHECK(found.routes[0].hosts == route.hosts);
  CHECK(found.routes[0].digest == route.digest);
}

TEST_CASE("cut at any byte, a file yields its whole records and says where they end") {
  const auto first = make_record(sample({1, 1}, 2));
  const auto second = make_record(sample({2, 2}, 0));
  const auto file = std::string(route_file_header) + first + second;
  for (std::size_t size = 0; size <= file.size(); ++size) {
    const auto found = scan(file.substr(0, size));
    const auto header = route_file_header.size();
    const std::size_t whole = (size >= header + first.size()) + (size == file.size());
    REQUIRE(found.routes.size() == whole);
    REQUIRE(found.result.records == whole);
    REQUIRE(found.result.valid_bytes ==
            (size < header ? 0 : header + (whole > 0) * first.size() + (whole > 1) * second.size()));
  }
}

TEST_CASE("with any one bit flipped, no record is read that was not written") {
  const auto file = std::string(route_file_header) + make_record(sample({1, 1}, 3));
  for (std::size_t i = route_file_header.size(); i < file.size(); ++i) {
    auto damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    REQUIRE(scan(damaged).routes.empty());
  }
}

TEST_CASE("zeros behind the last record are no record") {
  const auto file = std::string(route_file_header) + make_record(sample({1, 1}, 1)) + std::string(100, '\0');
  const auto found = scan(file);
  CHECK(found.result.records == 1);
  CHECK(found.result.valid_bytes == file.size() - 100);
}
