// The upkeep of the history under clocks that are wrong: by which clock it goes, and when it does nothing.
#include "reporter/history_keeper.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <mutex>
#include <thread>

#include "log/log.hpp"

using namespace lars;
using namespace std::chrono_literals;
using reporter::history_keeper;

namespace {

constexpr std::int64_t database_now = 1'000'000'000;  // far from this machine's

// What a keeper asked of its database. Written on the keeper's thread, read after its end.
struct asked {
  std::int64_t clock = database_now;
  bool doubted = false;
  std::int64_t newest = 0;
  std::vector<std::pair<std::uint32_t, std::int64_t>> limits;  // step and the moment before which it goes
  std::vector<std::int64_t> progress_limits;
  int leases = 0;
  int released = 0;
  int doubts = 0;
  std::atomic<bool> over{false};  // the pass, one way or the other
};

class fake_store final : public storage::history_store {
public:
  explicit fake_store(asked& seen) : seen_(seen) {}
  result<bool> hold_lease(const base::agent_id&, std::chrono::seconds) override {
    ++seen_.leases;
    return true;
  }
  result<std::int64_t> now() override { return seen_.clock; }
  result<std::int64_t> newest_progress() override { return seen_.newest; }
  result<void> doubt_clock(const base::agent_id&, std::chrono::seconds) override {
    ++seen_.doubts;
    return {};
  }
  result<bool> clock_doubted() override { return seen_.doubted; }
  result<void> release_lease(const base::agent_id&) override {
    ++seen_.released;
    seen_.over = true;
    return {};
  }
  result<std::size_t> roll_up(std::uint32_t from, std::uint32_t, std::int64_t before) override {
    seen_.limits.emplace_back(from, before);
    return std::size_t{0};
  }
  result<std::size_t> erase_history(std::uint32_t step, std::int64_t before) override {
    seen_.limits.emplace_back(step, before);
    return std::size_t{0};
  }
  result<std::size_t> erase_progress(std::int64_t before) override {
    seen_.progress_limits.push_back(before);
    seen_.over = true;
    return std::size_t{0};
  }

private:
  asked& seen_;
};

// One pass of a keeper whose machine has this clock.
void run_pass(asked& seen, reporter::reporter_stats& stats, std::int64_t machine_clock) {
  boost::asio::io_context context;
  const auto keeper = std::make_shared<history_keeper>(context.get_executor(), reporter::history_config{},
                                                       std::make_unique<fake_store>(seen), stats,
                                                       [machine_clock] { return machine_clock; });
  keeper->start();
  std::thread thread([&context] { context.run(); });
  while (!seen.over) std::this_thread::sleep_for(1ms);
  keeper->stop();
  thread.join();
  keeper->join();
}

}  // namespace

TEST_CASE("what is old is decided by the database's clock, whatever this machine's true time is") {
  asked seen;
  reporter::reporter_stats stats;
  run_pass(seen, stats, database_now);
  const reporter::history_config config;
  CHECK(seen.limits == std::vector<std::pair<std::uint32_t, std::int64_t>>{
                           {storage::finest_step, database_now - config.keep_10s.count()},
                           {storage::minute_step, database_now - config.keep_1m.count()},
                           {storage::hour_step, database_now - config.keep_1h.count()}});
  CHECK(seen.progress_limits == std::vector{database_now - config.keep_1h.count()});
  CHECK(seen.doubts == 0);
  CHECK(stats.history_paused == 0);
  CHECK(stats.database_skew == 0);
}

TEST_CASE("while clocks differ nothing is moved or deleted, and all others are told") {
  for (const std::int64_t ahead : {500l * 86'400, -500l * 86'400, 120l, -120l}) {
    asked seen;
    reporter::reporter_stats stats;
    run_pass(seen, stats, database_now + ahead);
    CHECK(seen.limits.empty());
    CHECK(seen.progress_limits.empty());
    CHECK(seen.leases == 0);
    CHECK(seen.released > 0);
    CHECK(seen.doubts == 1);
    CHECK(stats.history_paused == 1);
    CHECK(std::abs(stats.database_skew - ahead) <= 1);
  }
}

TEST_CASE("what another reporter doubts is not gone by, nor a clock that jumped while nobody looked") {
  const bool doubted = GENERATE(true, false);
  asked seen;
  seen.doubted = doubted;
  if (!doubted) seen.newest = database_now - 500 * 86'400;
  reporter::reporter_stats stats;
  run_pass(seen, stats, database_now);
  CHECK(seen.limits.empty());
  CHECK(seen.progress_limits.empty());
  CHECK(seen.doubts == 0);
  CHECK(stats.history_paused == 1);
}
