// What a writer does when its database refuses, fails before or after the commit, is locked, or hangs.
#include "reporter/writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "log/log.hpp"
#include "support/temp_dir.hpp"

namespace lars::writer_test {

using namespace lars::reporter;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t database_now = 1'700'000'000;
const base::time_point start = base::time_point{} + 24h;

// How the database answers one flush.
enum class reply {
  commit,
  commit_without_one_row,  // refuses a row for its values
  decide_twice,            // a deadlock within: runs the decision again, then commits
  commit_and_die,          // the connection is lost after the commit
  die,                     // the connection is lost before it
  full,                    // the disk is full
  locked,                  // another transaction holds a lock
  hang,                    // until it is interrupted
};

// The database behind a fake_store. Used on the writer's thread and, after a flush, by the test.
struct fake_database {
  std::deque<reply> replies;
  std::map<base::agent_id, std::uint64_t> progress;
  std::uint64_t calls = 0;              // in the history
  std::vector<std::int64_t> status_ts;  // of the last commit
  int decisions = 0;
  int flushes = 0;
  std::function<void()> before_flush = [] {};
};

class fake_store final : public storage::status_store {
public:
  explicit fake_store(fake_database& database) : database_(database) {}

  void interrupt() override {
    const std::lock_guard hold(guard_);
    interrupted_ = true;
    interruption_.notify_all();
  }

  result<storage::status_written> write(std::span<const base::agent_id> agents, const storage::decide_status& decide,
                                        const storage::keep_refused& keep) override {
    ++database_.flushes;
    database_.before_flush();
    const reply how = database_.replies.front();
    database_.replies.pop_front();
    switch (how) {
      case reply::die:
        return {errc::unavailable, "server has gone away"};
      case reply::full:
        ask(agents, decide);
        return {errc::unavailable, "database or disk is full"};
      case reply::locked:
        return {errc::locked, "lock wait timeout"};
      case reply::hang:
        wait_for_interruption();
        return {errc::unavailable, "interrupted"};
      case reply::decide_twice:
        ask(agents, decide);
        return commit(ask(agents, decide));
      case reply::commit_and_die:
        commit(ask(agents, decide));
        return {errc::unavailable, "server has gone away"};
      case reply::commit_without_one_row: {
        auto plan = ask(agents, decide);
        const auto row = plan.history.back();
        plan.history.pop_back();
        const std::vector<storage::refused_row> refused{
            {"CallHistory", row.key, row.where, "INSERT 1", "out of range"}};
        if (auto kept = keep(refused); !kept) return kept.error();
        auto written = commit(plan);
        written.refused = refused;
        return written;
      }
      case reply::commit:
        break;
    }
    return commit(ask(agents, decide));
  }

  storage::lock_report find_locks(std::span<const base::agent_id> agents) override {
    return {{agents.begin(), agents.end()}, "connection 7"};
  }

private:
  storage::status_plan ask(std::span<const base::agent_id> agents, const storage::decide_status& decide) {
    ++database_.decisions;
    storage::status_state state{std::vector<storage::agent_progress>{}, database_now};
    for (const auto& agent : agents) state.progress->push_back({agent, database_.progress[agent]});
    return decide(state);
  }

  storage::status_written commit(const storage::status_plan& plan) {
    for (const auto& row : plan.progress) database_.progress[row.agent] = row.seq;
    for (const auto& row : plan.history) database_.calls += row.sums.calls();
    database_.status_ts.clear();
    for (const auto& row : plan.updates) database_.status_ts.push_back(row.ts);
    return {plan.updates.size() + plan.history.size(), true, {}};
  }

  void wait_for_interruption() {
    std::unique_lock hold(guard_);
    interruption_.wait(hold, [this] { return interrupted_; });
  }

  fake_database& database_;
  std::mutex guard_;
  std::condition_variable interruption_;
  bool interrupted_ = false;
};

base::agent_id agent(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

batch calls(std::uint64_t seq, std::uint64_t succ, std::initializer_list<std::uint32_t> ports = {80}) {
  batch item;
  item.report.key = {1, 1};
  item.report.ts = database_now;
  item.report.agent = agent('a');
  item.report.seq = seq;
  item.report.features = 1;
  item.received = start;
  for (const std::uint32_t port : ports) {
    proto::call_result result;
    result.where = {10, port};
    result.delta.succ = succ;
    item.report.results.push_back(result);
  }
  return item;
}

// A writer over a fake database. Retries come at once, unless `retry` says otherwise.
struct fixture {
  explicit fixture(std::deque<reply> replies, base::backoff_config retry = {1ms, 1ms}) {
    database.replies = std::move(replies);
    writer_timing timing{retry, [this] { return now.load(); }};
    out = std::make_unique<writer>(context.get_executor(), std::make_unique<fake_store>(database),
                                   writer_context{thread, refused, clocks, stats}, std::move(timing));
  }
  ~fixture() { thread.join(); }

  bool flush(const std::vector<batch>& batches) {
    std::optional<bool> written;
    std::exception_ptr thrown;
    boost::asio::co_spawn(context, out->flush(batches), [&](const std::exception_ptr& failure, bool outcome) {
      thrown = failure;
      written = outcome;
    });
    context.restart();
    context.run();
    if (thrown) std::rethrow_exception(thrown);
    return written.value();
  }

  std::string refused_text() const {
    std::ostringstream text;
    text << std::ifstream(refused.path()).rdbuf();
    return text.str();
  }

  fake_database database;
  test::temp_dir directory;
  refused_file refused{directory.path() / "refused.sql", 1 << 20};
  clock_watch clocks;
  reporter_stats stats;
  std::atomic<base::time_point> now{start};
  net::blocking_pool thread{1};
  boost::asio::io_context context;
  std::unique_ptr<writer> out;
};

}  // namespace

TEST_CASE("a flush that is committed at once is counted and leaves no trace of trouble") {
  fixture test({reply::commit});
  CHECK(test.flush({calls(1, 5), calls(2, 7)}));
  CHECK(test.database.calls == 12);
  CHECK(test.stats.batches == 2);
  CHECK(test.stats.rows == 2);
  CHECK(test.stats.flushes == 1);
  CHECK(test.stats.failures == 0);
}

TEST_CASE("a connection lost before the commit costs a retry of the whole flush") {
  fixture test({reply::die, reply::die, reply::commit});
  CHECK(test.flush({calls(1, 5)}));
  CHECK(test.database.calls == 5);
  CHECK(test.stats.failures == 2);
  CHECK(test.stats.flushes == 1);
}

TEST_CASE("a connection lost after the commit costs no call and counts none twice") {
  fixture test({reply::commit_and_die, reply::commit});
  CHECK(test.flush({calls(1, 5), calls(2, 7)}));
  CHECK(test.database.calls == 12);
  CHECK(test.database.progress[agent('a')] == 2);
  CHECK(test.stats.duplicates == 2);
  CHECK(test.stats.batches == 0);
}

TEST_CASE("a decision that the store asks for twice counts once") {
  fixture test({reply::decide_twice});
  CHECK(test.flush({calls(1, 5)}));
  CHECK(test.database.decisions == 2);
  CHECK(test.database.calls == 5);
  CHECK(test.stats.batches == 1);
  CHECK(test.stats.flushes == 1);
}

TEST_CASE("a full disk is tried again until there is room") {
  fixture test({reply::full, reply::full, reply::commit});
  CHECK(test.flush({calls(1, 5)}));
  CHECK(test.database.calls == 5);
  CHECK(test.stats.failures == 2);
}

TEST_CASE("a writer counts as failing from its first failure to its next commit") {
  fixture test({reply::die, reply::die, reply::commit});
  std::vector<std::int64_t> failing;
  test.database.before_flush = [&] { failing.push_back(test.stats.failing); };
  CHECK(test.flush({calls(1, 5)}));
  CHECK(failing == std::vector<std::int64_t>{0, 1, 1});
  CHECK(test.stats.failing == 0);
}

TEST_CASE("a writer that waits for a lock is locked, not failing") {
  fixture test({reply::locked, reply::die, reply::locked, reply::commit});
  std::vector<std::pair<std::int64_t, std::int64_t>> seen;  // locked, failing
  test.database.before_flush = [&] { seen.emplace_back(test.stats.locked_writers, test.stats.failing); };
  CHECK(test.flush({calls(1, 5)}));
  CHECK(seen == std::vector<std::pair<std::int64_t, std::int64_t>>{{0, 0}, {1, 0}, {0, 1}, {1, 0}});
  CHECK(test.stats.locked_writers == 0);
  CHECK(test.stats.failing == 0);
  CHECK(test.stats.locked == 2);
  CHECK(test.stats.failures == 1);
  CHECK(log::flush(5s));
}

TEST_CASE("a refused row is on disk, first as a comment and then as a statement, and the rest is committed") {
  fixture test({reply::commit_without_one_row});
  CHECK(test.flush({calls(1, 5, {80, 81})}));
  CHECK(test.database.calls == 5);
  CHECK(test.stats.refused == 1);
  CHECK(test.stats.refused_rows == 1);
  const std::string text = test.refused_text();
  CHECK(text.find("-- INSERT 1;") != std::string::npos);
  CHECK(text.find("\nINSERT 1;") != std::string::npos);
}

TEST_CASE("a refused row that cannot be saved keeps the whole flush back until it can") {
  fixture test({reply::commit_without_one_row, reply::commit_without_one_row, reply::commit_without_one_row});
  std::filesystem::create_directory(test.refused.path());  // no file can be opened here
  test.database.before_flush = [&] {
    if (test.database.flushes == 3) std::filesystem::remove(test.refused.path());
    CHECK(test.database.calls == 0);
  };
  CHECK(test.flush({calls(1, 5, {80, 81})}));
  CHECK(test.database.calls == 5);
  CHECK(test.stats.failures == 2);
  CHECK(test.stats.refused_rows == 1);
}

TEST_CASE("the time that a batch waits for its database is part of its age") {
  fixture test({reply::die, reply::commit});
  auto item = calls(1, 5);
  item.report.age_ms = 2000;
  test.database.before_flush = [&] { test.now = start + 10s * test.database.flushes; };
  CHECK(test.flush({item}));
  CHECK(test.database.status_ts == std::vector<std::int64_t>{database_now - 2 - 20});
}

TEST_CASE("a flush ends when it is given up while it waits for its next attempt") {
  fixture test({reply::die}, {1h, 1h});
  // Posted while the attempt runs, so it arrives while the writer waits or before.
  test.database.before_flush = [&] { boost::asio::post(test.context, [&] { test.out->give_up(); }); };
  CHECK_FALSE(test.flush({calls(1, 5)}));
  CHECK(test.database.calls == 0);
}

TEST_CASE("a flush ends when it is given up in a database that hangs") {
  fixture test({reply::hang}, {1h, 1h});
  test.database.before_flush = [&] { boost::asio::post(test.context, [&] { test.out->give_up(); }); };
  CHECK_FALSE(test.flush({calls(1, 5)}));
  CHECK(test.database.flushes == 1);
}

TEST_CASE("after it was given up a writer does not touch its database") {
  fixture test({reply::commit});
  test.out->give_up();
  CHECK_FALSE(test.flush({calls(1, 5)}));
  CHECK(test.database.flushes == 0);
}

}  // namespace lars::writer_test
