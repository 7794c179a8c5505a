// Epoch-based reclamation: the control loop frees what it removed once no other thread can still use it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace lars::agent {

// A reader announces the current epoch before it looks anything up. The owner ends an epoch after each object that it
// removed, and frees the object once no reader announces that epoch or an older one. A reader that never leaves delays
// the freeing, nothing else.
// Lifetime: longer than its readers. Threads: a reader belongs to one thread at a time; the rest owner context only.
class reader_epochs {
public:
  // One thread's announcement. Lifetime: at most the epochs'.
  class alignas(64) reader {
  public:
    explicit reader(reader_epochs& of);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    // What is looked up between enter() and leave() is not freed in between. Two stores to a line of this reader's own.
    void enter() noexcept {
      const auto now = of_.current_.load(std::memory_order_acquire);
      // A read-modify-write, as in oldest(): of the two the later one synchronizes with the earlier. Either the owner
      // sees this announcement, or this thread sees what the owner removed before it looked.
      (void)epoch_.exchange(now, std::memory_order_acq_rel);
    }
    void leave() noexcept { epoch_.store(outside, std::memory_order_release); }

  private:
    friend class reader_epochs;

    std::atomic<std::uint64_t> epoch_{outside};
    reader_epochs& of_;
  };

  // A thread that looks something up now and then.
  class visit {
  public:
    explicit visit(reader_epochs& of) : own_(of) { own_.enter(); }
    ~visit() { own_.leave(); }

  private:
    reader own_;
  };

  // Ends the current epoch and returns its number. What was removed before may be freed once oldest() is greater.
  std::uint64_t advance() { return current_.fetch_add(1, std::memory_order_acq_rel); }

  // The oldest epoch that a reader is in; UINT64_MAX = there is none.
  std::uint64_t oldest();

private:
  static constexpr std::uint64_t outside = UINT64_MAX;

  alignas(64) std::atomic<std::uint64_t> current_{0};
  std::mutex lock_;  // guards the list of readers, which changes seldom
  std::vector<reader*> readers_;
};

}  // namespace lars::agent
