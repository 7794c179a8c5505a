// A pass as a conversation: what the decider asks for, and what it does when an answer is bad or missing.
#include "dns/watch/reconcile_decider.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "../rows.hpp"

namespace lars::dns::reconcile_decider_test {
namespace {

using kind = reconcile_step::kind;
using keys = std::vector<route_key>;
using namespace std::chrono_literals;

constexpr std::uint64_t loaded_rows = 20;  // more than shrink_guard::few_rows
constexpr route_key module_key{1, 1};
constexpr storage::change_stamp unmoved{7, true};
constexpr base::time_point start{};

// A database of one module, and the decider that compares our table with it.
struct conversation {
  conversation() {
    range_checksums checksums;
    for (std::uint64_t id = 1; id <= loaded_rows; ++id) {
      rows.push_back(row(id, module_key, static_cast<std::uint32_t>(id), 80));
      checksums.add(checksum_of(rows.back()));
    }
    checksums.seal();
    decider.on_loaded(std::move(checksums));
  }

  std::vector<storage::range_sum> sums() const {
    std::vector<storage::range_sum> out;
    for (const auto& each : rows) {
      const auto range = each.id / storage::range_width;
      if (out.empty() || out.back().range != range) out.push_back({range, 0, 0});
      ++out.back().rows;
      out.back().crc_sum += storage::row_crc(each);
    }
    return out;
  }
  // Somebody changes a row without telling.
  void edit() { rows.front().target.where.port = 81; }

  // Begins a pass and answers its first two questions. Without a sign, nothing is skipped.
  sums_check compare(const std::optional<storage::change_stamp>& sign = std::nullopt) {
    decider.begin(start);
    REQUIRE(decider.next().what == kind::read_sign);
    decider.on_sign(sign);
    REQUIRE(decider.next().what == kind::read_sums);
    return decider.on_sums(sums());
  }
  // Answers the questions of a pass until it reads modules. Returns these modules.
  keys next_modules() {
    auto step = decider.next();
    while (step.what == kind::read_members) {
      std::vector<std::pair<std::uint64_t, route_key>> members;
      for (const auto& each : rows) members.emplace_back(each.id / storage::range_width, each.key);
      decider.on_members(members);
      step = decider.next();
    }
    if (step.what != kind::refresh) return {};
    how = step.how;
    return step.modules;
  }
  // Answers a refresh of the module.
  void refresh() {
    std::vector<row_checksum> checksums;
    for (const auto& each : rows) checksums.push_back(checksum_of(each));
    decider.on_refreshed(checksums);
  }
  // Answers the settings' questions: none differ.
  void finish() {
    auto step = decider.next();
    if (step.what == kind::routes_compared) step = decider.next();
    REQUIRE(step.what == kind::read_settings);
    decider.on_settings({});
    REQUIRE(decider.next().what == kind::settings_compared);
    REQUIRE(decider.next().what == kind::done);
    decider.end(true);
  }
  void pass() {
    REQUIRE(compare().accepted);
    while (!next_modules().empty()) refresh();
    decider.on_settings({});
    while (decider.next().what != kind::done) {
    }
    decider.end(true);
  }

  std::vector<storage::route_row> rows;
  reconcile_decider decider;
  confirmation how = confirmation::unconfirmed;
};

}  // namespace

TEST_CASE("An unmoved sign skips the routes, not the settings") {
  conversation talk;
  talk.decider.on_sign_before_load(unmoved, start);
  talk.decider.begin(start);
  talk.decider.on_sign(unmoved);
  CHECK(talk.decider.next().what == kind::read_settings);
}

TEST_CASE("A database without a sign is compared") {
  conversation talk;
  talk.decider.on_sign_before_load(std::nullopt, start);
  talk.decider.begin(start);
  talk.decider.on_sign(std::nullopt);
  CHECK(talk.decider.next().what == kind::read_sums);
}

TEST_CASE("Equal sums need no read") {
  conversation talk;
  const auto check = talk.compare();
  CHECK(check.accepted);
  CHECK(check.held == loaded_rows);
  CHECK(check.found == loaded_rows);
  const auto step = talk.decider.next();
  CHECK(step.what == kind::routes_compared);
  CHECK(step.ranges_read == 0);
  CHECK(step.modules_read == 0);
  talk.finish();
}

TEST_CASE("A module that differs is read again") {
  conversation talk;
  talk.edit();
  REQUIRE(talk.compare().accepted);
  CHECK(talk.next_modules() == keys{module_key});
  CHECK(talk.how == confirmation::unconfirmed);
  talk.refresh();
  const auto step = talk.decider.next();
  CHECK(step.what == kind::routes_compared);
  CHECK(step.ranges_read == 1);
  CHECK(step.modules_read == 1);
  talk.finish();
  // It is equal now.
  REQUIRE(talk.compare().accepted);
  CHECK(talk.next_modules().empty());
}

TEST_CASE("A table that lost its rows is read again over a new connection until two reads agree") {
  conversation talk;
  const auto all = talk.rows;
  talk.rows.clear();
  const auto doubted = talk.compare();
  CHECK_FALSE(doubted.accepted);
  CHECK(doubted.held == loaded_rows);
  CHECK(doubted.found == 0);
  // It pauses, then reads over a new connection.
  CHECK(talk.decider.next().what == kind::pause);
  talk.decider.on_paused();
  const auto again = talk.decider.next();
  CHECK(again.what == kind::read_sums);
  CHECK(again.reconnect);
  SECTION("both reads agree: modules are read over a new connection too") {
    const auto check = talk.decider.on_sums({});
    CHECK(check.accepted);
    CHECK(check.reads == 2);
    REQUIRE(talk.decider.next().what == kind::reconnect_updates);
    talk.decider.on_reconnected();
    CHECK(talk.next_modules() == keys{module_key});
    CHECK(talk.how == confirmation::confirmed);
  }
  SECTION("the second read finds another number of rows: it is in doubt as well") {
    CHECK_FALSE(talk.decider.on_sums({{0, 1, 1}}).accepted);
    CHECK(talk.decider.next().what == kind::pause);
  }
  SECTION("the rows are back: nothing is read") {
    talk.rows = all;
    CHECK(talk.decider.on_sums(talk.sums()).accepted);
    REQUIRE(talk.decider.next().what == kind::reconnect_updates);
    talk.decider.on_reconnected();
    CHECK(talk.next_modules().empty());
  }
}

TEST_CASE("A table that never settles is accepted after the last read") {
  conversation talk;
  talk.rows.clear();
  REQUIRE_FALSE(talk.compare().accepted);
  int reads = 1;
  // Each read finds one or two rows, in turn.
  while (talk.decider.next().what == kind::pause) {
    talk.decider.on_paused();
    REQUIRE(talk.decider.next().what == kind::read_sums);
    talk.decider.on_sums({{0, 1u + static_cast<unsigned>(reads % 2), 1}});
    ++reads;
  }
  CHECK(reads == shrink_guard::max_reads);
  CHECK(talk.decider.next().what == kind::reconnect_updates);
}

TEST_CASE("A pass that failed is repeated as a whole, whatever the sign says") {
  conversation talk;
  talk.pass();
  talk.edit();
  REQUIRE(talk.compare(unmoved).accepted);
  // The step fails.
  SECTION("reading which modules a range has") { REQUIRE(talk.decider.next().what == kind::read_members); }
  SECTION("reading a module") { REQUIRE(talk.next_modules() == keys{module_key}); }
  SECTION("reading the settings") {
    REQUIRE(talk.next_modules() == keys{module_key});
    REQUIRE(talk.decider.next().what == kind::routes_compared);
    REQUIRE(talk.decider.next().what == kind::read_settings);
  }
  talk.decider.end(false);
  // The sign did not move since the pass that failed.
  talk.decider.begin(start + 1s);
  talk.decider.on_sign(unmoved);
  CHECK(talk.decider.next().what == kind::read_sums);
}

TEST_CASE("A module whose read failed is found by the next pass") {
  conversation talk;
  talk.edit();
  REQUIRE(talk.compare().accepted);
  REQUIRE(talk.next_modules() == keys{module_key});
  talk.decider.end(false);
  REQUIRE(talk.compare().accepted);
  CHECK(talk.next_modules() == keys{module_key});
}

TEST_CASE("A pass that was never ended leaves nothing to the next one") {
  conversation talk;
  talk.edit();
  REQUIRE(talk.compare().accepted);
  REQUIRE(talk.next_modules() == keys{module_key});
  // end() was not called.
  REQUIRE(talk.compare().accepted);
  CHECK(talk.next_modules() == keys{module_key});
  talk.refresh();
  talk.finish();
}

TEST_CASE("A complete pass lets the next one skip, until the database was away") {
  conversation talk;
  REQUIRE(talk.compare(unmoved).accepted);
  talk.finish();
  const auto next = [&] {
    talk.decider.begin(start + 1s);
    talk.decider.on_sign(unmoved);
    return talk.decider.next().what;
  };
  CHECK(next() == kind::read_settings);
  talk.decider.end(true);
  talk.decider.distrust();
  CHECK(next() == kind::read_sums);
}

TEST_CASE("Doubts are settled by a pass that began after them, not by one under way") {
  conversation talk;
  CHECK(talk.decider.trusts());
  REQUIRE(talk.compare().accepted);
  // The database goes away and comes back during the pass.
  talk.decider.distrust();
  talk.finish();
  CHECK_FALSE(talk.decider.trusts());
  // A pass that fails settles nothing.
  REQUIRE(talk.compare().accepted);
  talk.decider.end(false);
  CHECK_FALSE(talk.decider.trusts());
  // A complete one does.
  REQUIRE(talk.compare().accepted);
  talk.finish();
  CHECK(talk.decider.trusts());
}

TEST_CASE("A module that changed otherwise is compared although its sums are equal") {
  conversation talk;
  talk.decider.on_changed(module_key);
  REQUIRE(talk.compare().accepted);
  CHECK(talk.next_modules() == keys{module_key});
}

TEST_CASE("Settings that differ are read page by page") {
  constexpr auto page = reconcile_decider::modules_per_page;
  conversation talk;
  talk.decider.on_sign_before_load(unmoved, start);
  talk.decider.begin(start);
  talk.decider.on_sign(unmoved);
  REQUIRE(talk.decider.next().what == kind::read_settings);
  // One more than a page holds.
  keys differing;
  for (std::int32_t modid = 0; modid <= static_cast<std::int32_t>(page); ++modid) differing.push_back({modid, 1});
  talk.decider.on_settings(differing);
  const auto first = talk.decider.next();
  CHECK(first.what == kind::refresh_settings);
  CHECK(first.modules.size() == page);
  const auto last = talk.decider.next();
  CHECK(last.what == kind::refresh_settings);
  CHECK(last.modules == keys{differing.back()});
  const auto compared = talk.decider.next();
  CHECK(compared.what == kind::settings_compared);
  CHECK(compared.modules_read == differing.size());
  CHECK(talk.decider.next().what == kind::done);
}

TEST_CASE("A decider without a pass asks for nothing") {
  conversation talk;
  CHECK(talk.decider.next().what == kind::done);
}

}  // namespace lars::dns::reconcile_decider_test
