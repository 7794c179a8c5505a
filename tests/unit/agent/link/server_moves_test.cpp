#include "agent/link/server_moves.hpp"

#include <catch2/catch.hpp>
#include <map>

namespace lars::server_moves_test {

using namespace lars::agent;
using namespace std::chrono_literals;
using kind = server_step::kind;

namespace {

const endpoint a{1, 7778};
const endpoint b{2, 7778};
const endpoint c{3, 7778};

// An agent with servers in this order of preference; the test decides their answers.
struct conversation {
  explicit conversation(std::vector<endpoint> order = {a, b}) : moves(order, server_moves_config()) {}

  // Lets time pass; asks and moves as it is told. Returns where it moved, if it did.
  std::optional<endpoint> pass(std::chrono::milliseconds time) {
    const auto end = now + time;
    while (true) {
      const auto step = moves.next(now, draw);
      if (step.what == kind::ask) {
        ++asked[step.server];
        asked_at.push_back(now);
        moves.on_answer(step.server, well[step.server], now);
        continue;
      }
      if (step.what == kind::move) {
        moves.on_connected(step.server);
        moved_at = now;
        return step.server;
      }
      const auto due = moves.next_step();
      CHECK(due > now);
      if (due > end) break;
      now = due;
    }
    now = end;
    return std::nullopt;
  }

  base::time_point now{1000s};
  std::uint64_t draw = 0;
  std::map<endpoint, bool> well{{a, true}, {b, true}, {c, true}};
  std::map<endpoint, int> asked;
  std::vector<base::time_point> asked_at;
  base::time_point moved_at;
  server_moves moves;
};

}  // namespace

TEST_CASE("no server is asked while the preferred one is healthy or does not report its state") {
  conversation talk;
  talk.moves.on_connected(a);
  CHECK_FALSE(talk.pass(1h));
  talk.moves.on_server_state(true);
  CHECK_FALSE(talk.pass(1h));
  CHECK(talk.asked.empty());
}

TEST_CASE("an unhealthy server is left for a healthy one within half a second") {
  for (const std::uint64_t draw : {std::uint64_t{0}, std::uint64_t{250}, ~std::uint64_t{0}}) {
    conversation talk;
    talk.draw = draw;
    talk.moves.on_connected(a);
    talk.moves.on_server_state(true);
    talk.pass(1min);
    const auto ill = talk.now;
    talk.moves.on_server_state(false);
    CHECK(talk.pass(2s) == b);
    CHECK(talk.moved_at - ill <= 500ms);
  }
}

TEST_CASE("if all servers are unhealthy the agent stays and asks about once a second") {
  conversation talk;
  talk.well = {{a, false}, {b, false}};
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  CHECK_FALSE(talk.pass(60s));
  CHECK(talk.asked[b] > 30);
  CHECK(talk.asked[b] < 80);
  talk.well[b] = true;
  const auto before = talk.now;
  CHECK(talk.pass(3s) == b);
  CHECK(talk.moved_at - before <= 2s);
}

TEST_CASE("all servers are asked without pauses, preferred ones first, then in rounds") {
  conversation talk({a, b, c});
  talk.well = {{b, false}};
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  CHECK(talk.pass(300ms) == std::nullopt);
  CHECK(talk.asked == std::map<endpoint, int>{{b, 1}, {c, 1}});
  talk.well[c] = true;
  CHECK(talk.pass(3s) == c);
}

TEST_CASE("a server that recovers before another was asked is not left") {
  conversation talk;
  talk.draw = 250;
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  CHECK_FALSE(talk.pass(100ms));
  talk.moves.on_server_state(true);
  CHECK_FALSE(talk.pass(1min));
  CHECK(talk.asked.empty());
}

TEST_CASE("the agent returns to the preferred server once it has been healthy for a while") {
  conversation talk;
  talk.well = {{a, false}, {b, true}};
  talk.moves.on_connected(b);
  talk.moves.on_server_state(true);
  CHECK_FALSE(talk.pass(10min));
  CHECK(talk.asked[a] > 60);
  talk.well[a] = true;
  const auto before = talk.now;
  CHECK(talk.pass(1min) == a);
  CHECK(talk.moved_at - before >= 10s);
  CHECK(talk.moved_at - before <= 25s);
}

TEST_CASE("an unhealthy answer restarts the wait for the preferred server") {
  conversation talk;
  talk.moves.on_connected(b);
  talk.moves.on_server_state(true);
  for (int i = 0; i < 10; ++i) {
    talk.well[a] = true;
    CHECK_FALSE(talk.pass(8s));
    talk.well[a] = false;
    CHECK_FALSE(talk.pass(8s));
  }
  talk.well[a] = true;
  CHECK(talk.pass(1min) == a);
}

TEST_CASE("agents return spread over seconds") {
  std::map<std::int64_t, int> seconds;
  for (std::uint64_t agent = 0; agent < 1000; ++agent) {
    conversation talk;
    talk.draw = agent * 7919;
    talk.moves.on_connected(b);
    const auto before = talk.now;
    REQUIRE(talk.pass(1min) == a);
    ++seconds[std::chrono::duration_cast<std::chrono::seconds>(talk.moved_at - before).count()];
  }
  CHECK(seconds.size() >= 5);
  for (const auto& [second, count] : seconds) CHECK(count < 400);
}

TEST_CASE("answers from before a move are ignored") {
  conversation talk;
  talk.moves.on_connected(a);
  talk.moves.on_server_state(true);
  talk.pass(1h);
  talk.moves.on_lost();
  talk.well[a] = false;
  talk.moves.on_connected(b);
  CHECK_FALSE(talk.pass(1min));
}

TEST_CASE("an old server is left for a healthy preferred one") {
  conversation talk;
  talk.moves.on_connected(b);
  CHECK(talk.pass(1min) == a);
}

TEST_CASE("no server is asked while disconnected, and late answers are ignored") {
  conversation talk;
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  auto step = talk.moves.next(talk.now, 0);
  REQUIRE(step.what == kind::ask);
  talk.moves.on_lost();
  CHECK(talk.moves.next(talk.now + 1h, 0).what == kind::wait);
  CHECK(talk.moves.next_step() == base::time_point::max());
  talk.moves.on_answer(step.server, true, talk.now + 1h);
  CHECK(talk.moves.next(talk.now + 1h, 0).what == kind::wait);
  talk.moves.on_connected(step.server);
  talk.moves.on_answer(step.server, true, talk.now + 1h);
  CHECK(talk.moves.next(talk.now + 1h, 0).what == kind::wait);
}

TEST_CASE("at most one question is unanswered at a time") {
  conversation talk({a, b, c});
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  REQUIRE(talk.moves.next(talk.now, 0).what == kind::ask);
  CHECK(talk.moves.next(talk.now + 1h, 0).what == kind::wait);
  CHECK(talk.moves.next_step() == base::time_point::max());
}

TEST_CASE("the only server is never left") {
  conversation talk({a});
  talk.moves.on_connected(a);
  talk.moves.on_server_state(false);
  CHECK_FALSE(talk.pass(1h));
  CHECK(talk.asked.empty());
}

}  // namespace lars::server_moves_test
