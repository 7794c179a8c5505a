// Decides whether the database's clock is reliable enough to delete old rows by it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace lars::reporter {

// One reading of all clocks. Unix seconds.
struct clock_reading {
  std::int64_t database = 0;          // the database's
  std::int64_t before = 0;            // this machine's, before the query
  std::int64_t after = 0;             // this machine's, after the answer
  std::chrono::seconds since_boot{};  // of this machine; cannot be set
  std::int64_t newest = 0;            // first reading only: the last time written to the database; 0 = none
};

// Lifetime: its history_keeper's. Threads: owner context only.
class clock_guard {
public:
  enum class verdict {
    trusted,
    differs,  // this machine's clock and the database's are a minute apart or more: one of them is wrong
    // Both may be wrong: the database's clock jumped, or by the first reading nothing was written for a day. Trusted
    // again after an hour.
    moved,
  };

  // Whether the next reading needs `newest`.
  bool is_first() const { return !last_; }

  verdict judge(const clock_reading& reading);

  // Seconds that this machine's clock is ahead; 0 if the duration of the query explains the difference.
  static std::int64_t ahead(const clock_reading& reading);

private:
  struct moment {
    std::int64_t database = 0;
    std::chrono::seconds since_boot{};
  };
  bool has_moved(const clock_reading& reading) const;

  std::optional<moment> last_;
  std::optional<std::chrono::seconds> doubted_since_;
};

}  // namespace lars::reporter
