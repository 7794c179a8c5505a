#include "bench/counted_check.hpp"

#include <chrono>
#include <thread>

#include "base/clock.hpp"

namespace lars::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 10s;
constexpr auto look_pause = 20ms;

std::string compare(const char* what, std::uint64_t made, std::uint64_t counted) {
  if (made == counted) return {};
  return std::to_string(made) + ' ' + what + " were made, the agent counted " + std::to_string(counted);
}

}  // namespace

result<counted_check> counted_check::begin(const own_agent& agent, client::transport transport) {
  counted_check check(agent, transport);
  bool detached = false;
  auto before = check.read(detached);
  if (!before) return before.error();
  check.before_ = *std::move(before);
  return check;
}

result<void> counted_check::forget_changes() {
  bool detached = false;
  const auto now = read(detached);
  if (!now) return now.error();
  before_.route_changes = now->route_changes;
  return {};
}

result<counted_calls> counted_check::read(bool& detached) const {
  const auto page = agent_->metrics();
  if (!page) return page.error();
  counted_calls all;
  detached = page->sum("lars_agent_callers") == 0;
  all.route_changes = page->sum("lars_agent_route_changes_total");
  if (transport_ == client::transport::shared_memory) {
    all.picks = page->sum("lars_agent_lane_picks_total");
    all.ends = page->sum("lars_agent_lane_calls_total", "result=\"success\"") +
               page->sum("lars_agent_lane_calls_total", "result=\"failure\"");
  } else {
    all.picks = page->sum("lars_agent_picks_total", "result=\"host\"");
    all.ends = page->sum("lars_agent_reports_total");
  }
  return all;
}

result<counted_calls> counted_check::end(const load_totals& totals) const {
  const auto until = base::clock::now() + patience;
  while (true) {
    bool detached = false;
    auto now = read(detached);
    if (!now) return now.error();
    now->picks -= before_.picks;
    now->ends -= before_.ends;
    now->route_changes -= before_.route_changes;
    now->wrong = compare("reports", totals.ends, now->ends);
    if (now->wrong.empty() && transport_ == client::transport::shared_memory)
      now->wrong = compare("picks", totals.picks, now->picks);
    if (!detached && now->wrong.empty()) now->wrong = "callers that have ended are still attached";
    if (now->wrong.empty() || base::clock::now() > until) return now;
    std::this_thread::sleep_for(look_pause);
  }
}

}  // namespace lars::bench
