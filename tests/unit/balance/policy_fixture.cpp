#include "policy_fixture.hpp"

#include <set>

namespace lars::test {

void check_common_ground(std::string_view policy) {
  INFO(policy);
  {
    policy_bench none(policy);
    none.apply();
    CHECK(none.pick().code == balance::pick_code::no_hosts);
    none.set(1);
    for (int i = 0; i < 5; ++i) CHECK(none.next() == 1);
  }
  policy_bench some(policy);
  some.set_weights({100, 0, 100, 100, 100});
  CHECK(some.count(2000).count(2) == 0);
  some.overload(3);
  int probes = 0;
  for (int i = 0; i < 1100; ++i) {
    const auto picked = some.pick();
    REQUIRE(picked.code == balance::pick_code::picked);
    CHECK(picked.trial == (picked.chosen.where.ip == 3));
    probes += picked.trial ? 1 : 0;
  }
  CHECK(probes == 100);
  some.heal(3);
  some.pass(10s);
  CHECK(some.count(4000).count(3) == 1);
  some.exclude = {{1, 80}, {3, 80}, {4, 80}};
  for (int i = 0; i < 200; ++i) CHECK(some.next() == 5);
  some.exclude.push_back({5, 80});
  CHECK(some.next() != 0);
  some.exclude.clear();
  some.list.pop_back();
  some.apply();
  CHECK(some.count(2000).count(5) == 0);
  for (const std::uint32_t ip : {1u, 3u, 4u}) some.overload(ip);
  int refused = 0;
  for (int i = 0; i < 11; ++i) refused += some.pick().code == balance::pick_code::all_ejected ? 1 : 0;
  CHECK(refused == 10);
}

}  // namespace lars::test
