// The watch over a check and a clock of the test.
#include "reporter/storage_watch.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace lars::storage_watch_test {

using namespace lars::reporter;
using namespace std::chrono_literals;
using storage::database_state;

namespace {

std::atomic<std::int64_t> milliseconds{0};  // since boot

storage::freshness::ms fake_now() { return storage::freshness::ms(milliseconds); }

// What the checks find.
struct findings {
  std::atomic<bool> silent{false};
  std::atomic<bool> throws{false};
  std::atomic<int> checks{0};
};

class fake_check final : public storage::storage_check {
public:
  explicit fake_check(findings& found) : found_(found) {}
  void interrupt() override {}
  result<void> run() override {
    ++found_.checks;
    milliseconds += 400;  // a check takes its time
    if (found_.throws) throw std::runtime_error("no memory");
    return found_.silent ? result<void>(errc::unavailable, "no answer") : result<void>();
  }

private:
  findings& found_;
};

struct watched {
  watched() {
    milliseconds = 1000;
    watch = std::make_shared<storage_watch>(context.get_executor(), std::make_unique<fake_check>(found), "fake", stats,
                                            fake_now);
  }
  ~watched() {
    watch->stop();
    CHECK(eventually([&] { return watch->idle(); }));
    context.restart();
    context.poll();
    watch->join();
  }
  // Runs the context until something has happened.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < until) {
      context.restart();
      context.run_one_for(100ms);
    }
    return condition();
  }
  storage::freshness::snapshot state() const { return stats.storage.at(fake_now()); }

  findings found;
  reporter_stats stats;
  boost::asio::io_context context;
  std::shared_ptr<storage_watch> watch;
};

}  // namespace

TEST_CASE("before the first check nothing is known") {
  watched database;
  CHECK_FALSE(database.state().known);
}

TEST_CASE("the age of what is known counts from the begin of the check") {
  watched database;
  database.watch->start();
  REQUIRE(database.eventually([&] { return database.state().known; }));
  CHECK(database.state().state == database_state::well);
  CHECK(database.stats.storage.at(1400ms).age == 400ms);
}

TEST_CASE("a database that does not answer is lost") {
  watched database;
  database.found.silent = true;
  database.watch->start();
  REQUIRE(database.eventually([&] { return database.state().known; }));
  CHECK(database.state().state == database_state::lost);
  CHECK_FALSE(database.state().age);
}

TEST_CASE("a check that throws is repeated") {
  watched database;
  database.found.throws = true;
  database.watch->start();
  REQUIRE(database.eventually([&] { return database.found.checks > 0; }));
  database.found.throws = false;
  CHECK(database.eventually([&] { return database.state().known; }));
  CHECK(database.state().state == database_state::well);
}

}  // namespace lars::storage_watch_test
