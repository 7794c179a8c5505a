#include "client/thread_states.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <vector>

namespace lars::client {
namespace {

// The living owners, so that a thread that ends late does not touch one that is gone. Never destroyed: threads may
// outlive static objects.
struct living_owners {
  std::mutex lock;
  std::map<std::uint32_t, thread_states*> owners;
};

living_owners& living() {
  static auto* const all = [] {
    auto* const made = new living_owners;
    // fork() was called with this lock held by the thread that the child keeps. The child forgets the parent's owners:
    // their locks may be held by threads that the child does not have.
    ::pthread_atfork([] { living().lock.lock(); }, [] { living().lock.unlock(); },
                     [] {
                       living().owners.clear();
                       living().lock.unlock();
                     });
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

// The thread has returned its states. Code that still runs in it (destructors of static objects in main) gets states
// that are never returned, listed where no destructor is needed, for a few owners.
thread_local constinit bool ended = false;
thread_local constinit std::array<held_state, 8> held_late{};

// The states that the thread holds of all owners; returned when it ends.
struct held_states {
  std::vector<held_state> all;
  ~held_states() {
    ended = true;
    thread_states::forget_last();
    const std::lock_guard hold(living().lock);
    for (const auto& one : all)
      if (const auto owner = living().owners.find(one.owner); owner != living().owners.end())
        owner->second->give_back(one.state);
  }
  void add(const held_state& one) {
    const std::lock_guard hold(living().lock);
    std::erase_if(all, [](const held_state& old) { return !living().owners.contains(old.owner); });
    all.push_back(one);
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

void thread_states::forget_last() { last_ = {}; }

thread_state& thread_states::find_mine() {
  if (ended) return find_late();
  const auto known = std::ranges::find(held.all, serial_, &held_state::owner);
  auto* const state = known != held.all.end() ? known->state : &take();
  if (known == held.all.end()) held.add({serial_, state});
  last_ = {serial_, state};
  return *state;
}

thread_state& thread_states::find_late() {
  const auto same = std::ranges::find(held_late, serial_, &held_state::owner);
  auto& note = same != held_late.end() ? *same : held_late[serial_ % held_late.size()];
  if (note.owner != serial_) note = {serial_, &take()};
  last_ = {serial_, note.state};
  return *note.state;
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
