#include "agent/link/peer_watch.hpp"

#include <catch2/catch.hpp>

namespace lars::peer_watch_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

// A connection established at 0 ms; every step happens at the given time.
struct conversation {
  explicit conversation(bool alternatives, bool settle = false) : watch({}, alternatives, settle, at(0ms)) {}
  static base::time_point at(std::chrono::milliseconds when) { return base::time_point(1000s) + when; }
  peer_action step(std::chrono::milliseconds when) { return watch.step(at(when)); }
  void bytes(std::chrono::milliseconds when) { watch.on_bytes(at(when)); }
  void pong(std::chrono::milliseconds when) {
    watch.on_bytes(at(when));
    watch.on_pong();
  }
  void asked(std::chrono::milliseconds when) { watch.on_request_sent(at(when)); }

  peer_watch watch;
};

}  // namespace

TEST_CASE("a peer that answered Ping is pinged every 250 ms and lives as long as it answers") {
  conversation c(true);
  c.pong(1ms);
  CHECK(c.watch.next_step() == c.at(250ms));
  CHECK(c.step(249ms) == peer_action::wait);
  for (auto when = 250ms; when < 5000ms; when += 250ms) {
    CHECK(c.step(when) == peer_action::ping);
    c.pong(when + 1ms);
  }
}

TEST_CASE("a peer that answered Ping is gone 600 ms after an unanswered ping") {
  conversation c(false);
  c.pong(1ms);
  CHECK(c.step(250ms) == peer_action::ping);
  CHECK(c.step(500ms) == peer_action::ping);
  CHECK(c.step(750ms) == peer_action::ping);
  CHECK(c.watch.next_step() == c.at(850ms));
  CHECK(c.step(849ms) == peer_action::wait);
  CHECK(c.step(850ms) == peer_action::leave);
}

TEST_CASE("any byte is a sign of life, not the pong alone") {
  conversation c(true);
  c.pong(1ms);
  CHECK(c.step(250ms) == peer_action::ping);
  CHECK(c.step(500ms) == peer_action::ping);
  c.bytes(700ms);
  for (const auto when : {750ms, 1000ms, 1250ms}) CHECK(c.step(when) == peer_action::ping);
  CHECK(c.watch.next_step() == c.at(1350ms));
  CHECK(c.step(1350ms) == peer_action::leave);
}

TEST_CASE("a silent peer is left after 600 ms when there is another") {
  conversation c(true);
  CHECK(c.watch.next_step() == c.at(600ms));
  CHECK(c.step(599ms) == peer_action::wait);
  CHECK(c.step(600ms) == peer_action::leave);
}

TEST_CASE("a silent peer is kept when there is no other and nothing was asked") {
  conversation c(false);
  CHECK(c.watch.next_step() == base::time_point::max());
  CHECK(c.step(3600s) == peer_action::wait);
}

TEST_CASE("a silent peer is accepted after every other was tried, until a request stays unanswered") {
  conversation c(true, true);
  CHECK(c.step(5000ms) == peer_action::wait);
  c.asked(5000ms);
  CHECK(c.step(5599ms) == peer_action::wait);
  CHECK(c.step(5600ms) == peer_action::leave);
}

TEST_CASE("an old peer that answers is never pinged and has a second for each request") {
  conversation c(true);
  c.asked(0ms);
  c.bytes(5ms);
  CHECK(c.step(3000ms) == peer_action::wait);
  c.asked(3000ms);
  c.asked(3500ms);
  CHECK(c.step(3999ms) == peer_action::wait);
  CHECK(c.step(4000ms) == peer_action::leave);
}

TEST_CASE("any answer of an old peer restarts its deadline") {
  conversation c(true);
  c.asked(0ms);
  c.bytes(500ms);
  CHECK(c.step(1100ms) == peer_action::wait);
}

TEST_CASE("deadlines restart after this process stalled") {
  conversation c(true);
  c.pong(1ms);
  CHECK(c.step(250ms) == peer_action::ping);
  for (const auto when : {60000ms, 60250ms, 60500ms}) CHECK(c.step(when) == peer_action::ping);
  CHECK(c.step(60599ms) == peer_action::wait);
  CHECK(c.step(60600ms) == peer_action::leave);
}

namespace {

// A connection to a reporter, established at 0 ms.
peer_watch reporter_watch(bool alternatives, bool settle, bool knows_pings) {
  peer_watch_config config;
  config.may_keep_silent = true;
  config.knows_pings = knows_pings;
  return {config, alternatives, settle, conversation::at(0ms)};
}

}  // namespace

TEST_CASE("a silent old reporter is accepted") {
  auto watch = reporter_watch(false, false, false);
  watch.on_request_sent(conversation::at(10ms));
  CHECK(watch.next_step() == base::time_point::max());
  CHECK(watch.step(conversation::at(100s)) == peer_action::wait);
  auto settled = reporter_watch(true, true, false);
  settled.on_request_sent(conversation::at(10ms));
  CHECK(settled.step(conversation::at(100s)) == peer_action::wait);
}

TEST_CASE("a silent reporter is left while there are others to try") {
  auto watch = reporter_watch(true, false, false);
  CHECK(watch.step(conversation::at(599ms)) == peer_action::wait);
  CHECK(watch.step(conversation::at(600ms)) == peer_action::leave);
}

TEST_CASE("a silent reporter that answered pings before counts as gone, not as old") {
  for (const bool alternatives : {true, false}) {
    auto watch = reporter_watch(alternatives, true, true);
    CHECK(watch.step(conversation::at(599ms)) == peer_action::wait);
    CHECK(watch.step(conversation::at(600ms)) == peer_action::leave);
  }
}

}  // namespace lars::peer_watch_test
