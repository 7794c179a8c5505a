// One object a thread, for whoever it belongs to: made at the thread's first use, given to another thread when it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace lars::client {

// What a thread keeps. Derived by whoever keeps it.
class thread_state {
public:
  virtual ~thread_state() = default;

  std::uint32_t number() const { return number_; }  // among its owner's, from 1

private:
  friend class thread_states;
  std::uint32_t number_ = 0;
};

// The states of one owner. Lifetime: its owner's; when it ends, threads that still run keep nothing of it. Threads:
// any, but the destructor, which runs when no thread calls mine() any more.
class thread_states {
public:
  thread_states();
  virtual ~thread_states();
  thread_states(const thread_states&) = delete;
  thread_states& operator=(const thread_states&) = delete;

  // The calling thread's. Made by make() at first, or taken over from a thread that has ended. The usual case costs one
  // comparison.
  thread_state& mine() {
    if (auto* const state = last_mine()) return *state;
    return find_mine();
  }
  // The same where it is the one that the thread used last, else null.
  thread_state* last_mine() const { return last_.owner == serial_ ? last_.state : nullptr; }

  std::uint32_t serial() const { return serial_; }

  // Called by a thread that ends.
  void give_back(thread_state* state);

  // Threads that end give nothing back any more.
  void forget();

  // The calling thread looks for its state anew.
  static void forget_last();

protected:
  virtual std::unique_ptr<thread_state> make() = 0;

  // Calls f(thread_state&) for every state there is; none is made meanwhile.
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

  const std::uint32_t serial_;  // never given twice in a process
  std::mutex lock_;             // guards what follows
  std::vector<std::unique_ptr<thread_state>> all_;
  std::vector<thread_state*> free_;
};

}  // namespace lars::client
