#include "cli/demo/checker.hpp"

#include <catch2/catch.hpp>

namespace lars::checker_test {

using namespace std::chrono_literals;
using namespace lars::cli::demo;
using lars::endpoint;

namespace {

const std::vector<endpoint> hosts{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}};
constexpr endpoint victim{3, 3};

// Calls at the pace of one every 2 ms.
struct play {
  lars::base::time_point now{100s};
  checker judged{hosts, victim, now};

  void call(endpoint where, bool success) {
    now += 2ms;
    judged.see({observation::kind::given, where, now});
    judged.see({success ? observation::kind::succeeded : observation::kind::failed, where, now});
  }
  void rounds(int count, bool victim_works) {
    for (int i = 0; i < count; ++i)
      for (const auto& where : hosts) call(where, where != victim || victim_works);
  }
  // As many probes of the victim, ten calls of the others before each.
  void probes(int count, bool victim_works) {
    for (int i = 0, turn = 0; i < count; ++i) {
      for (int other = 0; other < 10; ++other, ++turn)
        call(hosts[static_cast<std::size_t>(std::vector{0, 1, 3, 4}[static_cast<std::size_t>(turn % 4)])], true);
      call(victim, victim_works);
    }
  }
};

}  // namespace

TEST_CASE("shares of a phase are counted over all hosts") {
  play p;
  p.rounds(10, true);
  const auto facts = p.judged.facts(p.now);
  CHECK(facts.asks == 50);
  CHECK(facts.least_share == Approx(0.2));
  CHECK(facts.most_share == Approx(0.2));
  CHECK_FALSE(facts.isolated_after);
}

TEST_CASE("a host that is never picked makes the least share zero") {
  play p;
  for (int i = 0; i < 20; ++i) p.call(hosts[0], true);
  CHECK(p.judged.facts(p.now).least_share == 0);
  CHECK(p.judged.facts(p.now).most_share == 1);
}

TEST_CASE("isolation is dated from the first failed call and counts the failures until then") {
  play p;
  p.rounds(20, true);
  p.judged.begin_phase(p.now);
  p.rounds(15, false);
  p.probes(10, false);
  const auto facts = p.judged.facts(p.now);
  REQUIRE(facts.isolated_after);
  CHECK(*facts.isolated_after == 14 * 10ms);
  CHECK(facts.failures_until_isolated == 15);
  CHECK(facts.share_since == Approx(1.0 / 11).margin(0.01));
}

TEST_CASE("a host that is picked in turn is not isolated, even if it fails") {
  play p;
  p.judged.begin_phase(p.now);
  p.rounds(100, false);
  CHECK_FALSE(p.judged.facts(p.now).isolated_after);
}

TEST_CASE("a return is dated from the start of its phase, and full share is measured after it") {
  play p;
  p.rounds(20, true);
  p.rounds(15, false);
  p.probes(10, false);
  p.judged.begin_phase(p.now);
  p.probes(2, true);
  CHECK_FALSE(p.judged.facts(p.now).returned_after);
  p.rounds(60, true);
  const auto facts = p.judged.facts(p.now);
  REQUIRE(facts.returned_after);
  CHECK(*facts.returned_after > 40ms);
  CHECK(*facts.returned_after < 60ms);
  CHECK(facts.share_since == Approx(0.2).margin(0.01));
  CHECK_FALSE(facts.isolated_after);
}

TEST_CASE("an isolation of an earlier phase does not count in this one") {
  play p;
  p.rounds(20, false);
  p.probes(10, false);
  p.judged.begin_phase(p.now);
  p.probes(10, false);
  CHECK_FALSE(p.judged.facts(p.now).isolated_after);
}

TEST_CASE("lines tell what each host received and its latest share") {
  play p;
  p.rounds(60, false);
  p.judged.see({observation::kind::unanswered, {}, p.now});
  const auto lines = p.judged.lines();
  REQUIRE(lines.size() == 5);
  CHECK(lines[0].succeeded == 60);
  CHECK(lines[2].failed == 60);
  CHECK(lines[2].share == Approx(0.2));
  CHECK(p.judged.succeeded() == 240);
  CHECK(p.judged.failed() == 60);
  CHECK(p.judged.unanswered() == 1);
}

TEST_CASE("requests without a host lower every share") {
  play p;
  p.rounds(10, true);
  for (int i = 0; i < 50; ++i) p.judged.see({observation::kind::shielded, {}, p.now});
  CHECK(p.judged.facts(p.now).most_share == Approx(0.1));
}

}  // namespace lars::checker_test
