#include "cli/demo/demo.hpp"

#include <algorithm>
#include <thread>

#include "base/endpoint.hpp"
#include "cli/demo/callers.hpp"
#include "cli/demo/checker.hpp"
#include "cli/demo/fixture.hpp"
#include "cli/demo/scenario.hpp"
#include "cli/demo/view.hpp"
#include "client/udp_transport.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli::demo {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t host_count = 5;
constexpr auto tick = 25ms;
constexpr auto redraw_live = 100ms;
constexpr auto redraw_lines = 1000ms;
constexpr auto route_arrives_within = 5s;
constexpr auto calls_arrive_within = 5s;  // the agent reports every second

scenario_config scenario_for(const demo_options& options) {
  scenario_config config;
  config.hosts = host_count;
  if (options.once) return config;
  config.spread_lasts = 6s;  // a person needs more time than a test
  config.holds = 5s;
  return config;
}

// Waits until the agent returns a host of the new module: then the route has passed storage, dns and agent.
result<base::duration> wait_for_route(endpoint agent, route_key module, const std::atomic<bool>& stop) {
  const auto begin = base::clock::now();
  client::udp_transport_config config;
  config.agent = agent;
  auto transport = client::udp_transport::open(config);
  if (!transport) return transport.error();
  while (true) {
    const auto where = transport->get_host(module);
    const auto waited = base::clock::now() - begin;
    if (where) return waited;
    if (stop) return errc::cancelled;
    if (waited > route_arrives_within) return where.error();
    std::this_thread::sleep_for(tick);
  }
}

std::string filled(std::string text, const std::string& word, const std::string& value) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word)) text.replace(at, word.size(), value);
  return text;
}

// One run of the demo: callers call, the scenario makes the host fail and recover, the checker evaluates.
class performance {
public:
  performance(const demo_options& options, fixture& set, view& screen)
      : options_(options),
        fixture_(set),
        screen_(screen),
        start_(base::clock::now()),
        checker_(set.hosts(), set.the_host().where(), start_),
        scenario_(scenario_for(options)) {}

  // Runs to the end or until `stop`. Returns true if every phase of the latest round passed.
  bool play(endpoint agent, const std::atomic<bool>& stop) {
    callers running(options_.callers, agent, fixture_.module(), box_);
    while (!stop) {
      std::this_thread::sleep_for(tick);
      for (const auto& seen : box_.take()) checker_.see(seen);
      const auto now = base::clock::now();
      if (const auto verdict = scenario_.step(checker_.facts(now))) end_phase(*verdict, now);
      if (options_.once && findings_.size() == 3) break;
      draw(now);
    }
    reported_ = running.finish();
    return findings_.size() == 3 && std::ranges::all_of(findings_, &phase_verdict::passed);
  }

  // Waits until all reported calls are in the history. Returns true if each is there exactly once.
  bool count(storage::status_reader& history) {
    const auto until = base::clock::now() + calls_arrive_within;
    while (true) {
      const auto rows = history.history(fixture_.module(), 0, base::unix_seconds() + 3600, storage::hour_step);
      counted_ = 0;
      for (std::size_t i = 0; rows && i < rows->size(); ++i) counted_ += rows->at(i).sums.calls();
      if (counted_ == reported_ || base::clock::now() >= until) return counted_ == reported_;
      std::this_thread::sleep_for(tick);
    }
  }

  void summarize() {
    screen_.say("\nSummary, computed only from what the callers received:");
    const double lasted = std::chrono::duration<double>(base::clock::now() - start_).count();
    screen_.say("  calls      " + std::to_string(checker_.succeeded() + checker_.failed()) + " in " +
                std::to_string(static_cast<int>(lasted + 0.5)) + " s: " + std::to_string(checker_.succeeded()) +
                " succeeded, " + std::to_string(checker_.failed()) + " failed; " +
                std::to_string(checker_.unanswered()) + " requests got no answer from the agent");
    for (const auto& verdict : findings_) {
      const std::string name = name_of(verdict.which);
      screen_.say("  " + name + std::string(11 - name.size(), ' ') + (verdict.passed ? "yes, " : "NO, ") +
                  verdict.finding);
    }
    screen_.say("  counted    " + std::string(counted_ == reported_ ? "yes, " : "NO, ") + std::to_string(counted_) +
                " of " + std::to_string(reported_) + " reported calls are in the history, through agent and reporter");
  }

private:
  void end_phase(const phase_verdict& verdict, base::time_point now) {
    if (findings_.size() == 3) findings_.clear();
    findings_.push_back(verdict);
    screen_.say(std::string(verdict.passed ? "✓ " : "✗ ") + verdict.finding);
    auto& host = fixture_.the_host();
    host.fail(scenario_.now_playing() == phase::failing);
    checker_.begin_phase(now);
    if (verdict.which == phase::healing) return;
    screen_.say("  now " + base::format_endpoint(host.where()) + (host.fails() ? " fails" : " works again"));
  }

  void draw(base::time_point now) {
    if (now < next_draw_) return;
    next_draw_ = now + (options_.live ? std::chrono::milliseconds(redraw_live) : redraw_lines);
    const std::uint64_t calls = checker_.succeeded() + checker_.failed();
    const std::chrono::duration<double> span = now - last_draw_;
    screen_.draw({now - start_, name_of(scenario_.now_playing()),
                  static_cast<double>(calls - last_calls_) / span.count(), checker_.lines(),
                  fixture_.the_host().where(), fixture_.the_host().fails()});
    last_draw_ = now;
    last_calls_ = calls;
  }

  const demo_options options_;
  fixture& fixture_;
  view& screen_;
  const base::time_point start_;
  observation_box box_;
  checker checker_;
  scenario scenario_;
  std::vector<phase_verdict> findings_;  // of the current round
  std::uint64_t reported_ = 0;           // calls reported by the callers
  std::uint64_t counted_ = 0;            // calls found in the history
  base::time_point next_draw_ = start_ + std::chrono::milliseconds(500);
  base::time_point last_draw_ = start_;
  std::uint64_t last_calls_ = 0;
};

void introduce(view& screen, fixture& set, endpoint agent, const std::vector<std::string>& hints) {
  const auto module = set.module();
  const std::string host = base::format_endpoint(set.the_host().where());
  screen.say("Module " + std::to_string(module.modid) + ' ' + std::to_string(module.cmdid) + " has " +
             std::to_string(host_count) + " hosts, which are TCP servers on this machine; " + host +
             " will fail and recover. The agent is at " + base::format_endpoint(agent) + '.');
  if (hints.empty()) return;
  screen.say("Commands to try in another terminal (Ctrl-C here ends the demo):");
  for (auto hint : hints) {
    hint = filled(std::move(hint), "{M}", std::to_string(module.modid));
    hint = filled(std::move(hint), "{C}", std::to_string(module.cmdid));
    screen.say("  " + filled(std::move(hint), "{HOST}", host));
  }
}

}  // namespace

int run(const demo_options& options, const storage::storage_config& storage, endpoint agent,
        const std::vector<std::string>& hints, std::ostream& out, const std::atomic<bool>& stop) {
  view screen(out, options.live);
  const auto set = fixture::build(storage, host_count);
  if (!set) {
    screen.say("cannot add the routes of the demo: " + set.error().text());
    return 1;
  }
  introduce(screen, **set, agent, options.once ? std::vector<std::string>() : hints);
  const auto arrived = wait_for_route(agent, (*set)->module(), stop);
  if (!arrived) {
    screen.say("the agent gives no host of the new module: " + arrived.error().text());
    return 1;
  }
  screen.say("The route took " +
             std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(*arrived).count()) +
             " ms from the database through dns and agent to a caller.\n");
  performance show(options, **set, screen);
  const bool played = show.play(agent, stop);
  const bool counted = show.count(*storage::open_status_reader(storage));
  const bool passed = played && counted;
  show.summarize();
  if (options.once && stop) screen.say("Stopped before the end.");
  return passed || (!options.once && stop) ? 0 : 1;
}

}  // namespace lars::cli::demo
