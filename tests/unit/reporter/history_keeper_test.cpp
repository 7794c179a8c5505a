// The maintenance of the history: by which clock it goes, when it does nothing, and what it does about errors.
#include "reporter/history_keeper.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "log/log.hpp"

namespace lars::history_keeper_test {

using namespace std::chrono_literals;
using reporter::history_keeper;

namespace {

constexpr std::int64_t database_now = 1'000'000'000;  // far from this machine's

// The database behind a keeper. Used on the keeper's thread, read by the test after the keeper's end.
struct fake_database {
  std::int64_t clock = database_now;
  bool doubted = false;
  std::int64_t newest = 0;
  std::string fails;  // the name of the call that fails
  errc failure = errc::unavailable;
  std::vector<bool> leases;      // what hold_lease() answers, one after the other; then true
  std::size_t rows_to_move = 0;  // pieces of the first roll-up, of one row each
  std::function<void()> on_roll_up = [] {};
  std::function<void()> on_end = [] {};  // of a pass, one way or the other

  std::vector<std::string> calls;
  std::vector<std::pair<std::uint32_t, std::int64_t>> limits;  // step and the time up to which it is moved or deleted
  std::vector<std::int64_t> progress_limits;

  std::size_t count(const std::string& call) const {
    return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
  }
};

class fake_store final : public storage::history_store {
public:
  explicit fake_store(fake_database& database) : database_(database) {}

  result<bool> hold_lease(const base::agent_id&, std::chrono::seconds) override {
    if (auto failed = call("hold_lease"); !failed) return failed.error();
    const std::size_t nth = database_.count("hold_lease") - 1;
    const bool held = nth >= database_.leases.size() || database_.leases[nth];
    if (!held && nth == 0) database_.on_end();
    return held;
  }
  result<std::int64_t> now() override {
    if (auto failed = call("now"); !failed) return failed.error();
    return database_.clock;
  }
  result<std::int64_t> newest_progress() override {
    if (auto failed = call("newest_progress"); !failed) return failed.error();
    return database_.newest;
  }
  result<void> doubt_clock(const base::agent_id&, std::chrono::seconds) override { return call("doubt_clock"); }
  result<bool> clock_doubted() override {
    if (auto failed = call("clock_doubted"); !failed) return failed.error();
    return database_.doubted;
  }
  result<void> release_lease(const base::agent_id&) override { return call("release_lease"); }
  result<std::size_t> roll_up(std::uint32_t from, std::uint32_t, std::int64_t before) override {
    database_.limits.emplace_back(from, before);
    database_.on_roll_up();
    if (auto failed = call("roll_up"); !failed) return failed.error();
    if (from != storage::finest_step || database_.rows_to_move == 0) return std::size_t{0};
    --database_.rows_to_move;
    return std::size_t{1};
  }
  result<std::size_t> erase_history(std::uint32_t step, std::int64_t before) override {
    database_.limits.emplace_back(step, before);
    if (auto failed = call("erase_history"); !failed) return failed.error();
    return std::size_t{0};
  }
  result<std::size_t> erase_progress(std::int64_t before) override {
    database_.progress_limits.push_back(before);
    if (auto failed = call("erase_progress"); !failed) return failed.error();
    return std::size_t{0};
  }

private:
  result<void> call(const std::string& name) {
    database_.calls.push_back(name);
    const bool fails = name == database_.fails;
    if (fails || name == "release_lease" || name == "erase_progress") database_.on_end();
    if (fails) return {database_.failure, "planned"};
    return {};
  }

  fake_database& database_;
};

// One pass of a keeper. The last call of the pass stops it.
void run_pass(fake_database& database, reporter::reporter_stats& stats, reporter::keeper_clocks clocks) {
  boost::asio::io_context context;
  const auto keeper =
      std::make_shared<history_keeper>(context.get_executor(), reporter::history_config{},
                                       std::make_unique<fake_store>(database), stats, std::move(clocks));
  database.on_end = [&keeper] { keeper->stop(); };
  keeper->start();
  context.run();
  keeper->join();
  CHECK(keeper->idle());
}

// A machine whose clock shows this time, and on which no time passes.
reporter::keeper_clocks clocks_at(std::int64_t unix_seconds) {
  return {[unix_seconds] { return unix_seconds; }, [] { return 1000s; }, [] { return base::time_point{} + 24h; }};
}

}  // namespace

TEST_CASE("the age of rows is by the database's clock, whatever the true time is") {
  fake_database database;
  reporter::reporter_stats stats;
  run_pass(database, stats, clocks_at(database_now));
  const reporter::history_config config;
  CHECK(database.limits == std::vector<std::pair<std::uint32_t, std::int64_t>>{
                               {storage::finest_step, database_now - config.keep_10s.count()},
                               {storage::minute_step, database_now - config.keep_1m.count()},
                               {storage::hour_step, database_now - config.keep_1h.count()}});
  CHECK(database.progress_limits == std::vector{database_now - config.keep_1h.count()});
  CHECK(database.count("doubt_clock") == 0);
  CHECK(stats.history_paused == 0);
  CHECK(stats.database_skew == 0);
}

TEST_CASE("while clocks differ nothing is moved or deleted, and all other reporters learn of it") {
  for (const std::int64_t ahead : {500l * 86'400, -500l * 86'400, 120l, -120l}) {
    fake_database database;
    reporter::reporter_stats stats;
    run_pass(database, stats, clocks_at(database_now + ahead));
    CHECK(database.limits.empty());
    CHECK(database.progress_limits.empty());
    CHECK(database.count("hold_lease") == 0);
    CHECK(database.count("release_lease") > 0);
    CHECK(database.count("doubt_clock") == 1);
    CHECK(stats.history_paused == 1);
    CHECK(std::abs(stats.database_skew - ahead) <= 1);
  }
}

TEST_CASE("another reporter's doubt stops the work, and so does a clock that jumped while nobody ran") {
  const bool doubted = GENERATE(true, false);
  fake_database database;
  database.doubted = doubted;
  if (!doubted) database.newest = database_now - 500 * 86'400;
  reporter::reporter_stats stats;
  run_pass(database, stats, clocks_at(database_now));
  CHECK(database.limits.empty());
  CHECK(database.progress_limits.empty());
  CHECK(database.count("doubt_clock") == 0);
  CHECK(stats.history_paused == 1);
}

TEST_CASE("a keeper without the lease does nothing") {
  fake_database database;
  database.leases = {false};
  reporter::reporter_stats stats;
  run_pass(database, stats, clocks_at(database_now));
  CHECK(database.limits.empty());
  CHECK(database.progress_limits.empty());
}

TEST_CASE("a pass ends at the call that fails, and the lease is not released over a failing database") {
  const std::string name = GENERATE(as<std::string>(), "newest_progress", "now", "clock_doubted", "hold_lease",
                                    "roll_up", "erase_history", "erase_progress");
  CAPTURE(name);
  fake_database database;
  database.fails = name;
  reporter::reporter_stats stats;
  run_pass(database, stats, clocks_at(database_now));
  REQUIRE_FALSE(database.calls.empty());
  CHECK(database.calls.back() == name);
  CHECK(database.count(name) == 1);
  CHECK(database.count("release_lease") == 0);
}

TEST_CASE("a doubt that cannot be recorded is an error, and nothing is moved or deleted") {
  fake_database database;
  database.fails = "doubt_clock";
  reporter::reporter_stats stats;
  run_pass(database, stats, clocks_at(database_now + 120));
  CHECK(database.calls.back() == "doubt_clock");
  CHECK(database.limits.empty());
}

TEST_CASE("a long roll-up renews the lease, and ends when another reporter has it") {
  fake_database database;
  database.rows_to_move = 10;
  database.leases = {true, true, false};
  std::atomic<base::time_point> now{base::time_point{} + 24h};
  database.on_roll_up = [&] { now = now.load() + 6s; };
  auto clocks = clocks_at(database_now);
  clocks.now = [&now] { return now.load(); };
  reporter::reporter_stats stats;
  run_pass(database, stats, std::move(clocks));
  // Two pieces take longer than a third of the lease: it is renewed after the second, and lost after the fourth.
  CHECK(stats.moved == 4);
  CHECK(database.rows_to_move == 6);
}

}  // namespace lars::history_keeper_test
