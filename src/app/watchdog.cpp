#include "app/watchdog.hpp"

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "net/fence.hpp"

namespace lars::app {

// One context's. Threads: its context's.
struct watchdog::pulse {
  pulse(watchdog& of, const watched_thread& thread, std::size_t number)
      : owner(of), name(thread.name), context(*thread.context), timer(context), index(number) {}

  void beat() {
    if (stopped) return;
    last = base::clock::now();
    if (owner.round_.beat(index) && owner.alive_) owner.alive_();
    timer.expires_after(owner.interval_);
    timer.async_wait([this](const boost::system::error_code& failure) {
      if (!failure) beat();
    });
  }

  watchdog& owner;
  const std::string name;
  boost::asio::io_context& context;
  boost::asio::steady_timer timer;
  const std::size_t index;
  bool stopped = false;
  std::atomic<base::time_point> last{base::clock::now()};  // any thread
};

watchdog::watchdog(const std::vector<watched_thread>& threads, std::chrono::microseconds interval,
                   std::function<void()> alive)
    : round_(threads.size()), interval_(interval), alive_(std::move(alive)) {
  for (const auto& thread : threads) pulses_.push_back(std::make_unique<pulse>(*this, thread, pulses_.size()));
}

watchdog::~watchdog() = default;

void watchdog::start() {
  for (const auto& one : pulses_) net::post(one->context, "beating", [pulse = one.get()] { pulse->beat(); });
}

void watchdog::stop() {
  for (const auto& one : pulses_)
    net::post(one->context, "ending the beat", [pulse = one.get()] {
      pulse->stopped = true;
      pulse->timer.cancel();
    });
}

std::string watchdog::stuck(base::time_point now, base::duration patience) const {
  std::string names;
  for (const auto& one : pulses_)
    if (now - one->last.load() > patience) names += (names.empty() ? "" : ", ") + one->name;
  return names;
}

}  // namespace lars::app
