#include "agent/routes/route_memory.hpp"

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include "base/random.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

constexpr std::chrono::milliseconds least_run{5};  // gives a rate accurate to a few ppm

// The kernel switches to another clock source if the counters of different cores disagree.
bool kernel_trusts_counter() {
  std::ifstream file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  std::string name;
  return file >> name && name == "tsc";
}

}  // namespace

base::tick_rate trusted_rate(const base::tick_meter& meter) {
  if (!base::cycles_are_even() || !kernel_trusts_counter()) return {};
  std::this_thread::sleep_for(least_run);
  return meter.rate();
}

route_memory::route_memory(std::uint64_t bytes, base::tick_rate rate)
    : spare_(std::make_unique<share::private_memory>()) {
  auto created = share::routes_memory::create(bytes, base::random_source::from_system()(), rate);
  if (created)
    routes_ = *std::move(created);
  else
    log::warn("agent.nothing_shared", {{"reason", created.error().text()}});
}

}  // namespace lars::agent
