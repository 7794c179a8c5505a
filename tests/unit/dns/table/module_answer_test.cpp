#include "dns/table/module_answer.hpp"

#include <catch2/catch.hpp>

#include "../rows.hpp"

namespace lars::dns::module_answer_test {

namespace {
constexpr route_key key{1, 1};
}

TEST_CASE("A digest does not depend on the order or the ids of the rows") {
  const auto a = answer(key, {row(1, key, 10, 80), row(2, key, 11, 80), row(3, key, 9, 81)});
  const auto b = answer(key, {row(9, key, 9, 81), row(8, key, 11, 80), row(7, key, 10, 80)});
  CHECK(a.digest == b.digest);
  CHECK(a.extended == b.extended);
  CHECK(a.plain == b.plain);
}

TEST_CASE("A digest tells every property of a host apart") {
  const auto base = answer(key, {row(1, key, 10, 80)}).digest;
  CHECK(answer(key, {row(1, key, 11, 80)}).digest != base);
  CHECK(answer(key, {row(1, key, 10, 81)}).digest != base);
  CHECK(answer(key, {row(1, key, 10, 80, 99)}).digest != base);
  CHECK(answer(key, {row(1, key, 10, 80, 100, "a")}).digest != base);
  CHECK(answer(key, {row(1, key, 10, 80, 100, "", host_state::drain)}).digest != base);
  CHECK(answer(key, {row(1, key, 10, 80), row(2, key, 11, 80)}).digest != base);
}

TEST_CASE("The digest of one host is the same number on every dns and in every release") {
  CHECK(answer(key, {row(1, key, 0x0a000001, 80)}).digest == 0x30e2a5d483294505ull);
}

TEST_CASE("No hosts have a digest of their own, which is not the one for knowing nothing") {
  CHECK(empty_digest() != 0);
  CHECK(answer(key, {}).digest == empty_digest());
  CHECK_FALSE(answer(key, {}).has_hosts());
}

TEST_CASE("Of several rows for one host the one with the highest id counts") {
  const auto twice = answer(key, {row(5, key, 10, 80, 50), row(2, key, 10, 80, 70)});
  CHECK(twice.hosts == 1);
  CHECK(twice.digest == answer(key, {row(1, key, 10, 80, 50)}).digest);
}

TEST_CASE("The extended answer tells weight, zone, state, digest and the number of hosts") {
  const auto made = answer(key, {row(1, key, 10, 80, 7, "z1", host_state::drain), row(2, key, 11, 80)});
  const auto response = decoded(made.extended);
  REQUIRE(response.hosts.size() == 2);
  CHECK(response.hosts[0].weight == 7);
  CHECK(response.hosts[0].zone == "z1");
  CHECK(response.hosts[0].state == host_state::drain);
  CHECK(response.digest == made.digest);
  CHECK(response.total_hosts == 2);
}

TEST_CASE("The plain answer leaves out hosts that take no calls") {
  const auto made = answer(key, {row(1, key, 10, 80, 0), row(2, key, 11, 80, 100, "", host_state::down),
                                 row(3, key, 12, 80, 100, "", host_state::drain), row(4, key, 13, 80)});
  const auto response = decoded(made.plain);
  REQUIRE(response.hosts.size() == 1);
  CHECK(response.hosts[0].where == endpoint{13, 80});
  CHECK(response.digest == 0);
}

TEST_CASE("A plain answer over the old limit is cut and says so to us, not to the peer") {
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 6600; ++i) rows.push_back(row(i + 1, key, 0xc0000000 + i, 8080));
  const auto made = answer(key, rows);
  CHECK(made.cut);
  CHECK(made.plain.size() <= proto::stream_body_limit + 8);
  CHECK(decoded(made.plain).hosts.size() > 3500);
  CHECK(decoded(made.extended).hosts.size() == 6600);
  CHECK_FALSE(answer(key, {row(1, key, 10, 80)}).cut);
}

TEST_CASE("Fifty thousand hosts travel whole to a peer that announced features") {
  std::vector<storage::route_row> rows;
  for (std::uint32_t i = 0; i < 50000; ++i) rows.push_back(row(i + 1, key, 0xc0000000 + i, 8080));
  const auto response = decoded(answer(key, rows).extended);
  CHECK(response.hosts.size() == 50000);
  CHECK(response.total_hosts == 50000);
}

TEST_CASE("Every module that was asked for has an answer, also those without rows") {
  const std::vector<route_key> keys{{3, 1}, {1, 1}, {2, 1}};
  const auto made = make_answers(keys, {row(1, {1, 1}, 10, 80), row(2, {3, 1}, 11, 80)}, {});
  REQUIRE(made.size() == 3);
  CHECK(made[0].key == route_key{3, 1});
  CHECK(made[0].hosts == 1);
  CHECK(made[1].hosts == 1);
  CHECK(made[2].hosts == 0);
}

TEST_CASE("Settings change the digest and the extended answer, and the plain one in no bit") {
  settings_table settings;
  settings.add(std::vector<storage::settings_row>{{key, R"({"policy":"rr"})", 1}, {{2, 2}, "{}", 1}});
  const auto bare = answer(key, {row(1, key, 10, 80)});
  const auto made = answer(key, {row(1, key, 10, 80)}, settings);
  CHECK(made.digest != bare.digest);
  CHECK(made.plain == bare.plain);
  CHECK(decoded(made.extended).settings.policy == "rr");
  CHECK(decoded(made.extended).digest == made.digest);
  CHECK(answer({2, 2}, {row(1, {2, 2}, 10, 80)}, settings).digest == answer({2, 2}, {row(1, {2, 2}, 10, 80)}).digest);
}

TEST_CASE("Settings of a module without hosts are harmless") {
  settings_table settings;
  settings.add(std::vector<storage::settings_row>{{key, R"({"policy":"rr"})", 1}});
  CHECK(answer(key, {}, settings).digest == empty_digest());
  CHECK_FALSE(answer(key, {}, settings).has_hosts());
}

TEST_CASE("A weight beyond what is allowed counts as the highest") {
  CHECK(answer(key, {row(1, key, 10, 80, 4000000000u)}).digest ==
        answer(key, {row(1, key, 10, 80, max_weight)}).digest);
}

}  // namespace lars::dns::module_answer_test
