// Flushes into a server that accepts short statements only.
#include <algorithm>
#include <catch2/catch.hpp>

#include "status_flushes.hpp"

namespace lars::status_packets_test {

using namespace lars::storage;
using namespace lars::test;
using content = lars::test::test_database::content;

TEST_CASE("a server that takes short statements only takes every row") {
  const test_database database(backend::mysql, content::current);
  const test::packet_limit limit(8192);
  const auto store = open_status_store(database.config);
  constexpr std::uint64_t most = std::uint64_t{1} << 32;
  std::vector<base::agent_id> agents(600);
  for (std::size_t i = 0; i < agents.size(); ++i)
    agents[i].bytes = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8), 0xff};
  std::ranges::sort(agents);
  const auto decide = [&](const status_state& state) {
    status_plan plan;
    for (std::uint32_t port = 1; port <= 600; ++port) {
      call_status_row status{{-2147483647, -2147483647}, {0xFFFFFFFE, port}, 0xFFFFFFFF, 5, 1, 1'700'000'000, true};
      plan.updates.push_back(status);
      status.key.cmdid = 1;
      plan.overwrites.push_back(status);
      history_row row{status.key, status.where, finest_step, 1'700'000'000, {1, 0, most, most, {}}};
      row.sums.latency.fill(most);
      plan.history.push_back(row);
    }
    for (const auto& one : *state.progress) plan.progress.push_back({one.agent, one.seq + 1});
    return plan;
  };
  for (int flush = 0; flush < 2; ++flush) REQUIRE(store->write(agents, decide, keep_nothing));
  CHECK(database.value("SELECT COUNT(*) FROM ServerCallStatus") == "1200");
  CHECK(calls_in(database) == 1200);
  CHECK(database.query("SELECT COUNT(*), MIN(seq) FROM ReportProgress") == test::text_rows{{"600", "2"}});
}

TEST_CASE("a server that begins to take short statements only is written to again") {
  const test_database database(backend::mysql, content::current);
  const auto store = open_status_store(database.config);
  const auto many = [](const status_state&) {
    status_plan plan;
    for (std::uint32_t port = 1; port <= 600; ++port)
      plan.history.push_back({{1, 1}, {1, port}, finest_step, 1'700'000'000, {1, 0, 0, 0, {}}});
    return plan;
  };
  REQUIRE(store->write({}, many, keep_nothing));
  const test::packet_limit limit(8192);
  for (const auto& process : database.query("select id from information_schema.processlist where db = database() and"
                                            " id <> connection_id()"))
    database.query("kill " + process.at(0));
  for (int attempt = 0; attempt < 3 && calls_in(database) == 600; ++attempt)
    static_cast<void>(store->write({}, many, keep_nothing));
  CHECK(calls_in(database) == 1200);
}

}  // namespace lars::status_packets_test
