// Whether the database's clock may be gone by where something is erased. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace lars::reporter {

// One look at all clocks. Unix seconds.
struct clock_look {
  std::int64_t database = 0;          // the database's
  std::int64_t before = 0;            // this machine's, when it asked
  std::int64_t after = 0;             // … and when the answer had come
  std::chrono::seconds since_boot{};  // of this machine: nobody sets it
  std::int64_t newest = 0;            // by the database's, the last moment noted in it; on the first look; 0 = none
};

// Lifetime: its history_keeper's. Threads: owner context only.
class clock_guard {
public:
  enum class verdict {
    trusted,
    differs,  // this machine's clock and the database's are a minute apart or more: one of them is wrong
    // Both may be wrong: the database's clock moved otherwise than time did, or it says on the first look that nothing
    // has happened for a day. Trusted again when an hour has passed.
    moved,
  };

  // Whether the next look is to tell `newest`.
  bool is_first() const { return !last_; }

  verdict judge(const clock_look& look);

  // Seconds that this machine's clock is ahead; 0 where the time that the question took explains it.
  static std::int64_t ahead(const clock_look& look);

private:
  struct moment {
    std::int64_t database = 0;
    std::chrono::seconds since_boot{};
  };
  bool has_moved(const clock_look& look) const;

  std::optional<moment> last_;
  std::optional<std::chrono::seconds> doubted_since_;
};

}  // namespace lars::reporter
