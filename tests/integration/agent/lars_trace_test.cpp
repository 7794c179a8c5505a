// Replays the recorded trace of the policy lars over UDP and compares every answer and every verdict.
#include "lars_trace.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "base/endpoint.hpp"
#include "fake_dns.hpp"
#include "running_agent.hpp"

namespace lars::lars_trace_test {

using namespace lars::test;
using namespace std::chrono_literals;

namespace {

std::vector<traced_module> recorded() { return read_trace(LARS_GOLDEN_DIR "/lars.trace"); }

// The result of a replay.
struct replay_result {
  std::size_t line = 0;  // of the first event that went otherwise; 0 = none did
  std::string instead;
  bool stalled = false;  // time that was to stand still went on for too long: the rest proves nothing
};

std::string shown(const std::optional<wire::get_host_response>& answer) {
  if (!answer) return "nothing";
  return answer->code == 0 ? base::format_endpoint(answer->where) : "code " + std::to_string(answer->code);
}

// Sends one module's events to an agent, under an unused key.
class replay {
public:
  replay(fake_dns& dns, running_agent& agent, const traced_module& module, route_key key)
      : dns_(dns), agent_(agent), module_(module), key_(key), asking_(agent.ask()) {
    dns_.set_settings(key_, module_.settings);
    // Health is the same after a little time as after none, until a window or an isolation ends.
    const auto& health = module_.settings.health;
    const auto timeout = health.find("idle_timeout");
    still_ = std::chrono::milliseconds(1000) * (timeout == health.end() ? 15 : std::stoi(timeout->second)) * 2 / 3;
  }

  replay_result run() {
    // Not a word of this module before it has hosts: dns would say that there is none.
    others_out_ = agent_.metric("lars_agent_isolated_hosts");
    auto stretch = base::clock::now();
    const auto& events = module_.events;
    replay_result result;
    for (std::size_t i = 0; i < events.size() && result.line == 0 && !result.stalled; ++i) {
      const bool judged = i + 1 < events.size() && events[i + 1].what == trace_event::kind::verdict;
      result.instead = judged && !verdicts_agree() ? "an earlier verdict" : put(events[i]);
      if (!result.instead.empty()) result.line = events[i].line;
      result.stalled = base::clock::now() - stretch - events[i].wait > still_;
      if (events[i].wait > 0ms) stretch = base::clock::now();
    }
    if (result.line == 0 && !verdicts_agree()) result = {events.back().line, "another verdict afterwards"};
    set({});
    return result;
  }

private:
  // What happened instead; empty where it went as recorded.
  std::string put(const trace_event& one) {
    switch (one.what) {
      case trace_event::kind::hosts:
        return set(one.hosts);
      case trace_event::kind::pick: {
        const auto answer = asking_.get_host(key_);
        const bool same = answer && answer->code == one.answer && (one.answer != 0 || answer->where == one.where);
        return same ? "" : shown(answer);
      }
      case trace_event::kind::report:
        asking_.report(key_, one.where, one.good ? 0 : 1);
        // A datagram without an answer is lost where too many of them wait.
        if (++reports_ % 64 == 0) settle();
        return "";
      case trace_event::kind::verdict:
        is_out_[one.where] = !one.good;
        return verdicts_agree() ? "" : "no such verdict";
      case trace_event::kind::wait:
        std::this_thread::sleep_for(one.wait);
        return "";
    }
    return "nobody knows";
  }

  std::string set(const std::vector<endpoint>& hosts) {
    if (reports_ > 0) settle();
    dns_.push(key_, hosts);
    std::erase_if(is_out_, [&](const auto& one) { return std::ranges::find(hosts, one.first) == hosts.end(); });
    // Asking for the whole route moves no queue, and has an unknown module pulled.
    return eventually([&] { return asking_.get_route(key_) == hosts; }) ? "" : "another list";
  }

  // All that was told before has been judged: a port's datagrams are answered in their order.
  void settle() { asking_.get_route(key_); }

  // As many hosts are out as were said to be.
  bool verdicts_agree() {
    settle();
    const auto out = std::ranges::count_if(is_out_, [](const auto& one) { return one.second; });
    return agent_.metric("lars_agent_isolated_hosts") == others_out_ + static_cast<double>(out);
  }

  fake_dns& dns_;
  running_agent& agent_;
  const traced_module& module_;
  const route_key key_;
  caller asking_;
  std::chrono::milliseconds still_;
  double others_out_ = 0;  // hosts of other modules
  std::map<endpoint, bool> is_out_;
  std::uint64_t reports_ = 0;
};

// An agent without saved routes.
struct traced_agent {
  replay_result put(const traced_module& module) {
    replay_result result;
    for (int attempt = 0; attempt < 5; ++attempt) {
      result = replay(dns, agent, module, {++modules, 1}).run();
      if (!result.stalled) break;
    }
    return result;
  }

  scratch_directory state;
  fake_dns dns;
  running_agent agent{state.path(), {dns.where()}, {}};
  std::int32_t modules = 0;
};

const traced_module& named(const std::vector<traced_module>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &traced_module::name);
  REQUIRE(found != all.end());
  return *found;
}

}  // namespace

TEST_CASE("policy lars answers UDP callers exactly as in the recorded trace") {
  const auto all = recorded();
  REQUIRE(all.size() >= 10);
  traced_agent at;
  for (const auto& module : all) {
    INFO(module.name);
    const auto result = at.put(module);
    CHECK_FALSE(result.stalled);
    INFO("lars.trace:" << result.line << " was instead: " << result.instead);
    CHECK(result.line == 0);
  }
}

TEST_CASE("a deviating trace is detected at its line") {
  const auto all = recorded();
  auto module = named(all, "three_hosts");
  const auto of = [&](auto wanted) {
    const auto found = std::ranges::find_if(module.events, wanted);
    REQUIRE(found != module.events.end());
    return found;
  };
  traced_agent at;
  REQUIRE(at.put(module).line == 0);
  const auto honest = module;
  const auto found_at = [&](const trace_event& planted) {
    CHECK(at.put(module).line == planted.line);
    module = honest;
  };

  // A host that is next but one.
  auto pick = of([](const trace_event& one) { return one.what == trace_event::kind::pick && one.line > 60; });
  pick->where = (pick + 1)->where;
  found_at(*pick);
  // A host where there is none, and none where there is one.
  pick = of([](const trace_event& one) { return one.what == trace_event::kind::pick && one.answer == 1; });
  pick->answer = 0;
  found_at(*pick);
  pick = of([](const trace_event& one) { return one.what == trace_event::kind::pick && one.answer == 0; });
  pick->answer = 1;
  found_at(*pick);
  // A verdict that comes a report later, and one that comes a report earlier.
  const auto verdict = of([](const trace_event& one) { return one.what == trace_event::kind::verdict; });
  const auto report = *(verdict - 1);
  REQUIRE((verdict - 2)->what == trace_event::kind::report);
  const auto line = verdict->line;
  module.events.insert(verdict, report);
  found_at(report);
  module.events.erase(of([&](const trace_event& one) { return one.line == report.line; }));
  CHECK(at.put(module).line == line);
}

}  // namespace lars::lars_trace_test
