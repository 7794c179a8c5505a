// How fresh is what a server knows of its database, and how it state with it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

namespace lars::storage {

// The numbers are those of proto::server_state.
enum class database_state : std::uint32_t { well = 0, lost = 1, cannot_write = 2 };

// Times are of the clock since boot: it goes on while the machine sleeps, so what was read before is as old as it is.
// Begins as lost, without an age. Threads: any reader; one writer.
class freshness {
public:
  using ms = std::chrono::milliseconds;

  struct snapshot {
    std::optional<ms> age;  // since the last complete look began; none = there was none
    database_state state = database_state::lost;
    bool known = false;  // a look was completed, or failed
    bool is_well() const { return state == database_state::well; }
  };

  // `interval`: how often the database is looked at.
  explicit freshness(ms interval) { use(interval); }
  void use(ms interval) { interval_ = interval.count(); }

  // The database answered a question, maybe not the last one of a look.
  void on_answer(ms now) { answered_ = now.count(); }

  // Everything that the look of that time led to is done, and nothing that is known is in doubt.
  void on_complete(ms began) {
    complete_ = began.count();
    state_ = database_state::well;
    known_ = true;
  }

  // Lasts until the next complete look.
  void on_lost(database_state state = database_state::lost) {
    state_ = state;
    known_ = true;
  }

  // A database that has not answered for some looks hangs: it counts as lost before its answer is given up.
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
  static constexpr int looks_missed = 5;

  ms patience() const { return std::max(least_patience, looks_missed * ms(interval_.load())); }

  std::atomic<std::int64_t> interval_{0};
  std::atomic<std::int64_t> answered_{0};
  std::atomic<std::int64_t> complete_{never};
  std::atomic<database_state> state_{database_state::lost};
  std::atomic<bool> known_{false};
};

}  // namespace lars::storage
