// How old a server's knowledge of its database is, and whether the database works.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace lars::storage {

// The numbers are those of proto::server_state.
enum class database_state : std::uint32_t { well = 0, lost = 1, cannot_write = 2 };

// Times are milliseconds since boot: that clock goes on while the machine sleeps, so age is not lost in a sleep.
// Starts as lost, without an age. Threads: any thread reads, one thread writes.
class freshness {
public:
  using ms = std::chrono::milliseconds;

  struct snapshot {
    std::optional<ms> age;  // since the last complete check began; none = there was none
    database_state state = database_state::lost;
    bool known = false;  // a check was completed, or failed
    bool is_well() const { return state == database_state::well; }
  };

  // `interval`: how often the database is checked.
  explicit freshness(ms interval) { use(interval); }
  void use(ms interval) { interval_ = interval.count(); }

  // The database answered a query of a check, maybe not the last one.
  void on_answer(ms now) { answered_ = now.count(); }

  // The check that began at that time is complete, and so is the work that followed from it.
  void on_complete(ms began) {
    complete_ = began.count();
    state_ = database_state::well;
    known_ = true;
  }

  // Lasts until the next complete check.
  void on_lost(database_state state = database_state::lost) {
    state_ = state;
    known_ = true;
  }

  // A database that has missed some checks hangs: it counts as lost before the query times out.
  snapshot at(ms now) const {
    snapshot found{std::nullopt, state_.load(), known_.load()};
    const auto complete = complete_.load();
    if (complete != never) found.age = std::max(now - ms(complete), ms(0));
    if (found.is_well() && now - ms(answered_.load()) > patience()) found.state = database_state::lost;
    return found;
  }

private:
  static constexpr std::int64_t never = -1;
  static constexpr ms least_patience{1000};
  static constexpr int checks_missed = 5;

  ms patience() const { return std::max(least_patience, checks_missed * ms(interval_.load())); }

  std::atomic<std::int64_t> interval_{0};
  std::atomic<std::int64_t> answered_{0};
  std::atomic<std::int64_t> complete_{never};
  std::atomic<database_state> state_{database_state::lost};
  std::atomic<bool> known_{false};
};

}  // namespace lars::storage
