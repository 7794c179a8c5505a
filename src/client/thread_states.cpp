#include "client/thread_states.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <vector>

namespace lars::client {
namespace {

// The owners that are alive, so that a thread that ends late gives nothing back to one that is gone. Never destroyed:
// threads may end after static objects have.
struct living_owners {
  std::mutex lock;
  std::map<std::uint32_t, thread_states*> owners;
};

living_owners& living() {
  static auto* const all = [] {
    auto* const made = new living_owners;
    // A child is born with the lock in the hands of the one thread it has.
    ::pthread_atfork([] { living().lock.lock(); }, [] { living().lock.unlock(); }, [] { living().lock.unlock(); });
    return made;
  }();
  return *all;
}

std::uint32_t next_serial() {
  static std::atomic<std::uint32_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct held_state {
  std::uint32_t owner = 0;
  thread_state* state = nullptr;
};

// What the thread holds of all owners; given back when it ends.
struct held_states {
  std::vector<held_state> all;
  ~held_states() {
    const std::lock_guard hold(living().lock);
    for (const auto& one : all)
      if (const auto owner = living().owners.find(one.owner); owner != living().owners.end())
        owner->second->give_back(one.state);
  }
};

thread_local held_states held;

}  // namespace

thread_local constinit thread_states::last_used thread_states::last_{};

thread_states::thread_states() : serial_(next_serial()) {
  const std::lock_guard hold(living().lock);
  living().owners[serial_] = this;
}

thread_states::~thread_states() { forget(); }

void thread_states::forget() {
  const std::lock_guard hold(living().lock);
  living().owners.erase(serial_);
}

thread_state& thread_states::find_mine() {
  const auto known = std::ranges::find(held.all, serial_, &held_state::owner);
  auto* const state = known != held.all.end() ? known->state : &take();
  if (known == held.all.end()) held.all.push_back({serial_, state});
  last_ = {serial_, state};
  return *state;
}

thread_state& thread_states::take() {
  const std::lock_guard hold(lock_);
  if (!free_.empty()) {
    auto* const state = free_.back();
    free_.pop_back();
    return *state;
  }
  all_.push_back(make());
  all_.back()->number_ = static_cast<std::uint32_t>(all_.size());
  return *all_.back();
}

void thread_states::give_back(thread_state* state) {
  const std::lock_guard hold(lock_);
  free_.push_back(state);
}

}  // namespace lars::client
