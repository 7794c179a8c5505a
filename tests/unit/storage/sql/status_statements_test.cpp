#include "storage/sql/status_statements.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <vector>

namespace lars::status_statements_test {

using namespace lars::storage;

namespace {

call_status_row sample() { return {{-1, 2}, {0xC0A80101, 80}, 0xAC100005, 7, 3, 1700000000, true}; }

std::string values_of(const std::string& statement) {
  const auto begin = statement.find("VALUES ") + 7;
  return statement.substr(begin, statement.find(" ON ", begin) - begin);
}

}  // namespace

TEST_CASE("addresses are written as their columns hold them") {
  const call_status_row row = sample();
  const std::vector rows{row};
  status_shape wide;
  CHECK(values_of(call_status_statement(backend::mysql, wide, rows, status_rule::always, 0)) ==
        "(-1,2,3232235777,80,2886729733,7,3,1700000000,'1')");
  status_shape narrow = wide;
  narrow.ip = narrow.port = narrow.caller = integer_column::signed_32;
  CHECK(values_of(call_status_statement(backend::mysql, narrow, rows, status_rule::always, 0)) ==
        "(-1,2,-1062731519,80,-1408237563,7,3,1700000000,'1')");
}

TEST_CASE("a count that its column does not hold is cut to what it does") {
  call_status_row row = sample();
  row.succ = std::numeric_limits<std::uint32_t>::max();
  row.overload = false;
  const std::vector rows{row};
  status_shape shape;
  CHECK(values_of(call_status_statement(backend::mysql, shape, rows, status_rule::always, 0)).find(",4294967295,3,") !=
        std::string::npos);
  shape.counts = integer_column::signed_32;
  CHECK(values_of(call_status_statement(backend::mysql, shape, rows, status_rule::always, 0)).find(",2147483647,3,") !=
        std::string::npos);
}

TEST_CASE("what is older gives way unless it comes from an old agent, and the time is set last") {
  const std::vector rows{sample()};
  const status_shape shape;
  const std::string always = call_status_statement(backend::mysql, shape, rows, status_rule::always, 100);
  CHECK(always.find("CASE") == std::string::npos);
  CHECK(always.ends_with("overload = VALUES(overload), ts = VALUES(ts)"));
  const std::string newer = call_status_statement(backend::mysql, shape, rows, status_rule::unless_newer, 100);
  CHECK(newer.find("CASE WHEN VALUES(ts) >= ts OR ts > 160 THEN VALUES(succ_cnt) ELSE succ_cnt END") !=
        std::string::npos);
  CHECK(newer.rfind("overload = ") < newer.rfind("ts = CASE"));
  const std::string sqlite = call_status_statement(backend::sqlite, shape, rows, status_rule::unless_newer, 100);
  CHECK(sqlite.find("ON CONFLICT(modid, cmdid, ip, port, caller) DO UPDATE SET") != std::string::npos);
  CHECK(sqlite.find("excluded.ts >= ServerCallStatus.ts OR ServerCallStatus.ts > 160") != std::string::npos);
}

TEST_CASE("rows are parted by commas, whatever their number") {
  const std::vector<call_status_row> rows(rows_a_status_statement, sample());
  const std::string text = call_status_statement(backend::sqlite, {}, rows, status_rule::always, 0);
  CHECK(std::count(text.begin(), text.end(), '\'') == static_cast<std::ptrdiff_t>(2 * rows.size()));
  CHECK(text.find(")(") == std::string::npos);
  CHECK(text.find(",,") == std::string::npos);
}

TEST_CASE("history without latency has the short form, and with it all buckets") {
  history_row row{{1, 2}, {3, 4}, 10, 1700000000, {5, 6, 0, 7, {}}};
  std::vector rows{row};
  const std::string plain = history_statement(backend::mysql, rows);
  CHECK(values_of(plain) == "(1,2,3,4,10,1700000000,5,6,0,7)");
  CHECK(plain.find("latency_0") == std::string::npos);
  CHECK(plain.find("succ = succ + VALUES(succ)") != std::string::npos);
  row.sums.latency[15] = 9;
  rows.push_back(row);
  const std::string timed = history_statement(backend::mysql, rows);
  CHECK(values_of(timed) ==
        "(1,2,3,4,10,1700000000,5,6,0,7,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0),"
        "(1,2,3,4,10,1700000000,5,6,0,7,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,9)");
  CHECK(timed.ends_with("latency_15 = latency_15 + VALUES(latency_15)"));
}

TEST_CASE("sums that a peer may make as large as it likes stop short of overflow") {
  history_row row{{1, 2}, {3, 4}, 10, 0, {}};
  row.sums.latency_sum_us = row.sums.cost_sum = std::numeric_limits<std::uint64_t>::max();
  const std::vector rows{row};
  const std::string text = history_statement(backend::sqlite, rows);
  const std::string most = "4611686018427387903";
  CHECK(values_of(text) == "(1,2,3,4,10,0,0,0," + most + "," + most + ")");
  CHECK(text.find("cost_sum = min(CallHistory.cost_sum, " + most + ") + excluded.cost_sum") != std::string::npos);
}

TEST_CASE("progress is keyed by hex alone") {
  const auto id = *base::agent_id::from_bytes("'; DROP TABLE --");
  const std::vector<agent_progress> rows{{id, 18446744073709551615u}, {{}, 0}};
  const std::string text = progress_statement(backend::mysql, rows, 5);
  CHECK(values_of(text) ==
        "('273b2044524f50205441424c45202d2d',18446744073709551615,5),('00000000000000000000000000000000',0,5)");
  const std::vector ids{id};
  CHECK(progress_seed_statement(backend::sqlite, ids, 5).starts_with("INSERT OR IGNORE"));
  CHECK(progress_query(backend::mysql, ids)
            .ends_with("('273b2044524f50205441424c45202d2d') ORDER BY agent_id FOR UPDATE"));
  CHECK(progress_query(backend::sqlite, ids).ends_with("ORDER BY agent_id"));
}

TEST_CASE("no statement of one or two rows is longer than what is reckoned for it") {
  const auto fits = [](statement_size size, const auto& build) {
    const std::size_t one = build(1).size(), two = build(2).size();
    CHECK(one <= size.frame + size.value);
    CHECK(two - one <= size.value);
  };
  constexpr std::int32_t low = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t ago = std::numeric_limits<std::int64_t>::min();
  constexpr std::uint32_t most = std::numeric_limits<std::uint32_t>::max();
  constexpr std::uint64_t many = std::numeric_limits<std::uint64_t>::max();
  const call_status_row status{{low, low}, {most, most}, most, most, most, ago, true};
  const std::vector statuses{status, status};
  history_row history{{low, low}, {most, most}, most, ago, {many, many, many, many, {}}};
  history.sums.latency.fill(many);
  const std::vector histories{history, history};
  const std::vector<agent_progress> progress{{{}, many}, {{}, many}};
  const std::vector<base::agent_id> agents(2);
  for (const backend kind : {backend::mysql, backend::sqlite}) {
    const auto some = [](const auto& rows, std::size_t count) { return std::span(rows).first(count); };
    fits(call_status_size, [&](std::size_t rows) {
      return call_status_statement(kind, {}, some(statuses, rows), status_rule::unless_newer, 1ll << 40);
    });
    fits(history_size, [&](std::size_t rows) { return history_statement(kind, some(histories, rows)); });
    fits(progress_size, [&](std::size_t rows) { return progress_statement(kind, some(progress, rows), ago); });
    fits(progress_size, [&](std::size_t rows) { return progress_seed_statement(kind, some(agents, rows), ago); });
    fits(progress_size, [&](std::size_t rows) { return progress_query(kind, some(agents, rows)); });
    fits(progress_size, [&](std::size_t rows) { return erase_progress_statement(some(agents, rows), ago); });
  }
}

TEST_CASE("a server that takes short statements only is given fewer rows") {
  status_shape shape;
  CHECK(rows_a_statement(shape, history_size) == rows_a_status_statement);
  shape.statement_bytes = 8192;
  CHECK(rows_a_statement(shape, history_size) == 12);
  shape.statement_bytes = 1024;
  CHECK(rows_a_statement(shape, history_size) == 1);
}

}  // namespace lars::status_statements_test
