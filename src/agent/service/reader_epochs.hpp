// Epoch-based reclamation: the owner frees removed objects once no other thread can still use them.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace lars::agent {

// A reader announces the current epoch before it looks anything up. The owner ends an epoch after each object that it
// removed, and frees the object once no reader announces that epoch or an older one. A reader that never leaves only
// delays the freeing.
// Lifetime: longer than its readers. Threads: a reader belongs to one thread at a time; the rest owner context only.
class reader_epochs {
public:
  // One thread's announcement. Lifetime: at most the epochs'.
  class alignas(64) reader {
  public:
    explicit reader(reader_epochs& epochs);
    ~reader();
    reader(const reader&) = delete;
    reader& operator=(const reader&) = delete;

    // Objects looked up after enter() are not freed before leave(). Each stores once, to this reader's own cache line.
    void enter() noexcept {
      const auto now = epochs_.current_.load(std::memory_order_acquire);
      // A read-modify-write, as in oldest(): the later of the two synchronizes with the earlier. So either the owner
      // sees this announcement, or this thread sees the removals that the owner made before it called oldest().
      (void)epoch_.exchange(now, std::memory_order_acq_rel);
    }
    void leave() noexcept { epoch_.store(outside, std::memory_order_release); }

  private:
    friend class reader_epochs;

    std::atomic<std::uint64_t> epoch_{outside};
    reader_epochs& epochs_;
  };

  // A reader for one scope, for threads that look something up occasionally.
  class visit {
  public:
    explicit visit(reader_epochs& epochs) : reader_(epochs) { reader_.enter(); }
    ~visit() { reader_.leave(); }

  private:
    reader reader_;
  };

  // Ends the current epoch and returns its number. Objects removed before may be freed once oldest() is greater.
  std::uint64_t advance() { return current_.fetch_add(1, std::memory_order_acq_rel); }

  // The oldest epoch that a reader announces; UINT64_MAX if no reader is inside.
  std::uint64_t oldest();

private:
  static constexpr std::uint64_t outside = UINT64_MAX;

  alignas(64) std::atomic<std::uint64_t> current_{0};
  std::mutex lock_;  // guards the list of readers, which rarely changes
  std::vector<reader*> readers_;
};

}  // namespace lars::agent
