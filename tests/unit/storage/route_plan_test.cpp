#include "storage/route_plan.hpp"

#include <catch2/catch.hpp>

namespace lars::route_plan_test {

using namespace lars::storage;

namespace {

constexpr route_key first{1, 1}, second{2, 1};

route_row row(std::uint64_t id, route_key key, std::uint32_t port, std::uint32_t weight = 100) {
  return {id, key, {{0x0A000001, port}, weight, host_state::up}};
}

}  // namespace

TEST_CASE("importing what is there already changes nothing") {
  const route_row current[] = {row(1, first, 80), row(2, first, 81)};
  const auto plan = plan_import(current, current, std::nullopt);
  CHECK(plan.empty());
  CHECK(plan.touched.empty());
}

TEST_CASE("a host that is new is inserted, one with other values is updated under its own id") {
  const route_row current[] = {row(7, first, 80)};
  const route_row wanted[] = {row(0, first, 80, 5), row(0, second, 80)};
  const auto plan = plan_import(current, wanted, std::nullopt);
  CHECK(plan.updates == std::vector{row(7, first, 80, 5)});
  CHECK(plan.inserts == std::vector{row(0, second, 80)});
  CHECK(plan.removals.empty());
  CHECK(plan.touched == std::vector{first, second});
}

TEST_CASE("hosts that are not mentioned stay, unless their module is replaced") {
  const route_row current[] = {row(1, first, 80), row(2, first, 81), row(3, second, 80)};
  const route_row wanted[] = {row(0, first, 80)};
  CHECK(plan_import(current, wanted, std::nullopt).empty());
  const auto plan = plan_import(current, wanted, first);
  CHECK(plan.removals == std::vector<std::uint64_t>{2});
  CHECK(plan.touched == std::vector{first});
  CHECK(plan_import(current, {}, first).removals == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("of a host wanted twice the last counts, and it is inserted once") {
  const route_row wanted[] = {row(0, first, 80, 1), row(0, first, 81), row(0, first, 80, 2)};
  const auto plan = plan_import({}, wanted, std::nullopt);
  CHECK(plan.inserts == std::vector{row(0, first, 81), row(0, first, 80, 2)});
  const route_row current[] = {row(4, first, 80, 2)};
  CHECK(plan_import(current, wanted, std::nullopt).updates.empty());
}

TEST_CASE("a host stored more than once gets the values in every row") {
  const route_row current[] = {row(1, first, 80), row(2, first, 80, 5), row(3, first, 80)};
  const route_row wanted[] = {row(0, first, 80, 5)};
  const auto plan = plan_import(current, wanted, std::nullopt);
  CHECK(plan.updates == std::vector{row(1, first, 80, 5), row(3, first, 80, 5)});
  CHECK(plan_removal(current, first, {0x0A000001, 80})->removals == std::vector<std::uint64_t>{1, 2, 3});
}

TEST_CASE("a patch changes what it names and nothing else") {
  route_row before = row(1, first, 80, 5);
  before.target.zone = "north";
  const endpoint where = before.target.where;
  const auto plan = plan_patch(std::span(&before, 1), first, where, {.state = host_state::drain});
  REQUIRE(plan);
  route_row after = before;
  after.target.state = host_state::drain;
  CHECK(plan->updates == std::vector{after});
  CHECK(plan->touched == std::vector{first});
  CHECK(plan_patch(std::span(&before, 1), first, where, {.weight = 0})->updates.front().target.weight == 0);
  CHECK(plan_patch(std::span(&before, 1), first, where, {.zone = ""})->updates.front().target.zone.empty());
}

TEST_CASE("a patch that changes nothing touches nothing, one for an unknown host is refused") {
  const route_row current[] = {row(1, first, 80)};
  const auto plan = plan_patch(current, first, {0x0A000001, 80}, {.weight = 100});
  REQUIRE(plan);
  CHECK(plan->empty());
  CHECK(plan->touched.empty());
  CHECK(plan_patch(current, first, {0x0A000001, 81}, {.weight = 1}).error().code == errc::not_found);
  CHECK(plan_patch(current, first, {0x0A000001, 81}, {.weight = 1}).error().field == "host");
  CHECK(plan_removal(current, second, {0x0A000001, 80}).error().code == errc::not_found);
}

TEST_CASE("rows that hold what is not allowed are written anew, and go where a module is replaced") {
  const auto flawed = [](std::uint64_t id, std::uint32_t port, row_part part) {
    auto one = row(id, first, port);
    one.flaw = {static_cast<std::uint8_t>(part), "wrong"};
    return one;
  };
  // The port of row 2 is a wider number whose low bits are another host's.
  const route_row current[] = {flawed(1, 80, row_part::zone), flawed(2, 81, row_part::host),
                               flawed(3, 0, row_part::host), flawed(4, 82, row_part::module)};
  const route_row wanted[] = {row(0, first, 80), row(0, first, 81)};
  const auto added = plan_import(current, wanted, std::nullopt);
  REQUIRE(added.updates.size() == 1);
  CHECK(added.updates.front().id == 1);
  CHECK(added.inserts.size() == 1);
  CHECK(added.removals.empty());
  CHECK(plan_import(current, wanted, first).removals == std::vector<std::uint64_t>{2, 3});
  CHECK(plan_removal(current, first, {0x0A000001, 0})->removals == std::vector<std::uint64_t>{3});
  CHECK(plan_removal(current, first, {0x0A000001, 81}).error().code == errc::not_found);
}

}  // namespace lars::route_plan_test
