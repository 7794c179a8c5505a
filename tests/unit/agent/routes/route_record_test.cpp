#include "agent/routes/route_record.hpp"

#include <xxhash.h>

#include <catch2/catch.hpp>
#include <vector>

namespace lars::route_record_test {

using namespace lars::agent;

namespace {

proto::route_response sample(route_key key, std::uint32_t hosts) {
  proto::route_response route;
  route.key = key;
  route.digest = 42 + hosts;
  for (std::uint32_t i = 0; i < hosts; ++i)
    route.hosts.push_back({{0xc0a80000 + i, 80}, i, static_cast<host_state>(i % 3), "zone"});
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

TEST_CASE("a route is read back from its record with every property of its hosts") {
  const auto route = sample({-7, 9}, 5);
  const auto found = scan(std::string(route_file_header) + make_record(route));
  REQUIRE(found.routes.size() == 1);
  CHECK(found.routes[0].key == route.key);
  CHECK(found.routes[0].hosts == route.hosts);
  CHECK(found.routes[0].digest == route.digest);
}

TEST_CASE("settings are read back from a record") {
  auto route = sample({1, 1}, 1);
  route.settings = {"p2c", {{"tau", "1s"}}, {{"err_rate", "0.2"}}, 3};
  const auto found = scan(std::string(route_file_header) + make_record(route) + make_record(sample({2, 2}, 1)));
  REQUIRE(found.routes.size() == 2);
  CHECK(found.routes[0].settings == route.settings);
  CHECK(found.routes[1].settings.empty());
}

TEST_CASE("a record of a release without settings is read with digest 0") {
  // What make_record gives but for its last two bytes, the field that says so, and their checksum.
  const auto payload = proto::encode_extended(sample({1, 1}, 2));
  const auto number = [](std::uint32_t value) { return std::string(reinterpret_cast<const char*>(&value), 4); };
  const auto size = static_cast<std::uint32_t>(payload.size());
  const auto sum = XXH32(payload.data(), payload.size(), 0);
  const auto found = scan(std::string(route_file_header) + number(size) + number(sum) + payload);
  REQUIRE(found.routes.size() == 1);
  CHECK(found.routes[0].hosts == sample({1, 1}, 2).hosts);
  CHECK(found.routes[0].digest == 0);
}

TEST_CASE("a file truncated at any byte yields its complete records and their end") {
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

TEST_CASE("a flipped bit never yields a record that was not written") {
  const auto file = std::string(route_file_header) + make_record(sample({1, 1}, 3));
  for (std::size_t i = route_file_header.size(); i < file.size(); ++i) {
    auto damaged = file;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    REQUIRE(scan(damaged).routes.empty());
  }
}

TEST_CASE("zeros after the last record are not a record") {
  const auto file = std::string(route_file_header) + make_record(sample({1, 1}, 1)) + std::string(100, '\0');
  const auto found = scan(file);
  CHECK(found.result.records == 1);
  CHECK(found.result.valid_bytes == file.size() - 100);
}

}  // namespace lars::route_record_test
