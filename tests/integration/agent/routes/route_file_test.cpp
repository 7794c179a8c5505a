#include "agent/routes/route_file.hpp"

#include <catch2/catch.hpp>
#include <map>

#include "agent/routes/route_record.hpp"
#include "running_agent.hpp"
#include "support/full_disk.hpp"

namespace lars::route_file_test {

using namespace lars::agent;
using namespace lars::test;

namespace {

proto::route_response route_of(route_key key, std::uint32_t hosts) {
  proto::route_response route;
  route.key = key;
  for (std::uint32_t i = 0; i < hosts; ++i) route.hosts.push_back({{i, 80}, 7, host_state::drain, "zone"});
  route.digest = hosts;
  return route;
}

result<void> append(route_file& file, const proto::route_response& route) {
  return file.append({{route.key, make_record(route), route.hosts.empty()}});
}

std::map<route_key, std::size_t> load(const std::filesystem::path& path) {
  std::map<route_key, std::size_t> sizes;
  route_file file(path);
  CHECK(file.load([&](proto::route_response&& route) { sizes[route.key] = route.hosts.size(); }));
  return sizes;
}

}  // namespace

TEST_CASE("appended routes are loaded, and the last record of a module counts") {
  scratch_directory directory;
  const auto path = directory.path() / "routes.log";
  {
    route_file file(path);
    REQUIRE(file.load([](proto::route_response&&) { FAIL("nothing was saved"); }));
    REQUIRE(append(file, route_of({1, 1}, 3)));
    REQUIRE(append(file, route_of({2, -2}, 5)));
    REQUIRE(append(file, route_of({1, 1}, 4)));
    REQUIRE(append(file, route_of({3, 3}, 2)));
    REQUIRE(append(file, route_of({3, 3}, 0)));
  }
  CHECK(load(path) == std::map<route_key, std::size_t>{{{1, 1}, 4}, {{2, -2}, 5}});
}

TEST_CASE("an outdated file is compacted") {
  scratch_directory directory;
  const auto path = directory.path() / "routes.log";
  {
    route_file file(path);
    REQUIRE(file.load([](proto::route_response&&) {}));
    for (std::uint32_t i = 0; i < 300; ++i) {
      REQUIRE(append(file, route_of({1, 1}, 1000 + i)));
      REQUIRE(file.compact_if_stale());
      REQUIRE(std::filesystem::file_size(path) < 2 * 30000 + (1u << 20) + 30000);
    }
    REQUIRE(append(file, route_of({2, 2}, 1)));
  }
  CHECK(load(path) == std::map<route_key, std::size_t>{{{1, 1}, 1299}, {{2, 2}, 1}});
  CHECK_FALSE(std::filesystem::exists(path.string() + ".new"));
}

TEST_CASE("compaction drops modules without hosts, at start and while running") {
  scratch_directory directory;
  const auto path = directory.path() / "routes.log";
  {
    route_file file(path);
    REQUIRE(file.load([](proto::route_response&&) {}));
    REQUIRE(append(file, route_of({-1, -1}, 5)));
    for (std::int32_t n = 0; n < 30000; ++n) {
      REQUIRE(append(file, route_of({n, 1}, 1)));
      REQUIRE(append(file, route_of({n, 1}, 0)));
      if (n % 100 == 0) REQUIRE(file.compact_if_stale());
    }
    CHECK(file.modules() == 1);
    CHECK(std::filesystem::file_size(path) < (1u << 20) + (1u << 16));
  }
  route_file file(path);
  std::size_t loaded = 0;
  REQUIRE(file.load([&](proto::route_response&&) { ++loaded; }));
  CHECK(loaded == 1);
  CHECK(file.modules() == 1);
}

TEST_CASE("a full disk loses neither earlier nor later records") {
  scratch_directory directory;
  const auto path = directory.path() / "routes.log";
  {
    route_file file(path);
    REQUIRE(file.load([](proto::route_response&&) {}));
    REQUIRE(append(file, route_of({1, 1}, 3)));
    {
      const full_disk full(std::filesystem::file_size(path) + 50);
      const auto refused = append(file, route_of({2, 2}, 1000));
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::io_failed);
    }
    REQUIRE(append(file, route_of({3, 3}, 2)));
  }
  CHECK(load(path) == std::map<route_key, std::size_t>{{{1, 1}, 3}, {{3, 3}, 2}});
}

}  // namespace lars::route_file_test
