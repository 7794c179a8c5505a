// One state for each owner and thread: made at the thread's first use, passed to another thread when the thread ends.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lars::client {

// What an owner keeps for one thread. Owners derive from it.
class thread_state {
public:
  virtual ~thread_state() = default;

  std::uint32_t number() const { return number_; }  // numbers the owner's states, from 1

private:
  friend class thread_states;
  std::uint32_t number_ = 0;
};

// The states of one owner. Lifetime: its owner's; running threads keep nothing of it afterwards. Threads: any; the
// destructor runs when no thread calls mine().
class thread_states {
public:
  thread_states();
  virtual ~thread_states();
  thread_states(const thread_states&) = delete;
  thread_states& operator=(const thread_states&) = delete;

  // The calling thread's state: made by make(), or reused from a thread that has ended. Usually one comparison.
  thread_state& mine() {
    if (auto* const state = last_mine()) return *state;
    return find_mine();
  }
  // Likewise where the thread used this owner last, else null.
  thread_state* last_mine() const { return last_.owner == serial_ ? last_.state : nullptr; }

  std::uint32_t serial() const { return serial_; }

  // Called by a thread that ends: its state is free for another thread.
  void give_back(thread_state* state);

  // From now on threads that end leave their states alone.
  void forget();

  // Makes the calling thread look its state up again.
  static void forget_last();

protected:
  virtual std::unique_ptr<thread_state> make() = 0;

  // Calls f(thread_state&) for every state, under the lock.
  template <class F>
  void for_each(F f) {
    const std::lock_guard hold(lock_);
    for (const auto& one : all_) f(*one);
  }

private:
  // The state that the thread used last.
  struct last_used {
    std::uint32_t owner = 0;  // its serial; 0 = none yet
    thread_state* state = nullptr;
  };

  thread_state& find_mine();
  thread_state& find_late();
  thread_state& take();

  static thread_local constinit last_used last_;

  const std::uint32_t serial_;  // unique in a process
  std::mutex lock_;             // guards what follows
  std::vector<std::unique_ptr<thread_state>> all_;
  std::vector<thread_state*> free_;
};

}  // namespace lars::client
