#include "cli/turn_watch.hpp"

#include <catch2/catch.hpp>

namespace lars::turn_watch_test {

using namespace std::chrono_literals;
using lars::endpoint;
using lars::cli::turn_watch;

namespace {

// A round robin that isolates one host, as the idle/overload rule does: one ask a millisecond.
class fixture {
public:
  explicit fixture(std::uint32_t hosts) : watch(all_of(hosts), start_), count_(hosts) {}

  void isolate(std::uint32_t host) { isolated_ = host; }
  void heal() { isolated_.reset(); }

  void ask(int times) {
    for (int i = 0; i < times; ++i) {
      now_ += 1ms;
      watch.asked(next(), now_);
    }
  }
  auto elapsed() const { return now_ - start_; }
  auto since_start(std::optional<lars::base::time_point> at) const { return *at - start_; }

  static std::vector<endpoint> all_of(std::uint32_t hosts) {
    std::vector<endpoint> all;
    for (std::uint32_t i = 0; i < hosts; ++i) all.push_back({i, 80});
    return all;
  }

private:
  const lars::base::time_point start_{100s};
  lars::base::time_point now_ = start_;

public:
  turn_watch watch;

private:
  std::optional<endpoint> next() {
    if (isolated_ && counter_ >= 10) {
      counter_ = 0;
      return endpoint{*isolated_, 80};
    }
    if (isolated_) ++counter_;
    if (count_ == 1 && isolated_) return std::nullopt;
    do {
      turn_ = (turn_ + 1) % count_;
    } while (isolated_ == turn_);
    return endpoint{turn_, 80};
  }

  const std::uint32_t count_;
  std::optional<std::uint32_t> isolated_;
  std::uint32_t turn_ = 0;
  int counter_ = 0;
};

}  // namespace

TEST_CASE("hosts that are picked in turn are not isolated") {
  for (std::uint32_t hosts = 1; hosts <= 12; ++hosts) {
    fixture play(hosts);
    play.ask(500);
    for (const auto& where : fixture::all_of(hosts)) CHECK_FALSE(play.watch.of(where).isolated_at);
  }
}

TEST_CASE("a host that is picked only as a trial is isolated since its last normal pick") {
  for (std::uint32_t hosts = 1; hosts <= 10; ++hosts) {
    fixture play(hosts);
    play.ask(static_cast<int>(hosts) * 20);
    const auto before = play.elapsed();
    play.isolate(0);
    play.ask(500);
    const auto history = play.watch.of({0, 80});
    REQUIRE(history.isolated);
    CHECK(play.since_start(history.first_isolated_at) <= before);
    CHECK(play.since_start(history.first_isolated_at) > before - 1ms * static_cast<int>(hosts + 1));
    CHECK_FALSE(history.returned_at);
    for (std::uint32_t other = 1; other < hosts; ++other) CHECK_FALSE(play.watch.of({other, 80}).isolated_at);
  }
}

TEST_CASE("a host that is picked in turn again returned at its first normal pick") {
  fixture play(5);
  play.ask(100);
  play.isolate(2);
  play.ask(300);
  const auto before = play.elapsed();
  play.heal();
  play.ask(100);
  const auto history = play.watch.of({2, 80});
  CHECK_FALSE(history.isolated);
  REQUIRE(history.first_returned_at);
  CHECK(play.since_start(history.first_returned_at) > before);
  CHECK(play.since_start(history.first_returned_at) <= before + 11ms);
}

TEST_CASE("a host that is not picked any more is isolated after 33 requests") {
  turn_watch watch(fixture::all_of(2), lars::base::time_point{});
  for (int i = 1; i <= 33; ++i) watch.asked(endpoint{1, 80}, lars::base::time_point{1ms * i});
  CHECK_FALSE(watch.of({0, 80}).isolated);
  watch.asked(endpoint{1, 80}, lars::base::time_point{34ms});
  CHECK(watch.of({0, 80}).isolated);
}

TEST_CASE("requests without a host count, so a fully ejected module is detected") {
  turn_watch watch(fixture::all_of(3), lars::base::time_point{});
  for (int i = 1; i <= 40; ++i) watch.asked(std::nullopt, lars::base::time_point{1ms * i});
  for (const auto& where : fixture::all_of(3)) CHECK(watch.of(where).isolated);
}

TEST_CASE("the first isolation and the latest are both remembered") {
  fixture play(5);
  play.ask(50);
  for (int round = 0; round < 2; ++round) {
    play.isolate(1);
    play.ask(200);
    play.heal();
    play.ask(200);
  }
  const auto history = play.watch.of({1, 80});
  CHECK(history.first_isolated_at < history.isolated_at);
  CHECK(history.first_returned_at < history.returned_at);
}

TEST_CASE("with more than ten hosts no host is reported as isolated") {
  fixture play(11);
  CHECK_FALSE(play.watch.can_tell());
  play.isolate(0);
  play.ask(1000);
  CHECK_FALSE(play.watch.of({0, 80}).isolated_at);
}

TEST_CASE("an unknown host is watched from its first pick on") {
  turn_watch watch({}, lars::base::time_point{});
  CHECK_FALSE(watch.of({9, 9}).isolated_at);
  for (int i = 1; i <= 5; ++i) watch.asked(endpoint{9, 9}, lars::base::time_point{1ms * i});
  CHECK_FALSE(watch.of({9, 9}).isolated_at);
}

}  // namespace lars::turn_watch_test
