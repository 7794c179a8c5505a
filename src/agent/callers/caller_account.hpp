// Accounts for what one process uses over all its connections, so that more connections do not raise its limits.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/callers/ask_budget.hpp"
#include "agent/callers/peer_process.hpp"
#include "base/clock.hpp"

namespace lars::agent {

// The limits of a process.
enum class process_limit : std::uint8_t { connections, memory, modules };

// Lifetime: until caller_accounts::prune() finds it unused. Threads: owner context only. Time is an argument.
class caller_account {
public:
  // Memory of an ended connection counts for this long, because the process may still hold it.
  static constexpr std::chrono::seconds memory_counts{60};

  caller_account(std::uint64_t id, std::int32_t pid, base::time_point now) : asks(now), id_(id), pid_(pid) {}

  // Unique to this process. A process that returns after its account was pruned gets the same id.
  std::uint64_t id() const { return id_; }
  std::int32_t pid() const { return pid_; }  // for log messages

  std::size_t connections() const { return connections_; }
  void open_connection() { ++connections_; }
  void close_connection(base::time_point now);

  // Memory of ended connections. `counters` is the caller_counters::name() of its counters.
  void add_left_memory(std::uint64_t counters, std::uint64_t bytes, base::time_point now);
  std::uint64_t left_memory(base::time_point now);
  std::uint64_t left_memory_of(std::uint64_t counters) const;
  // This much of it is in use again over another connection.
  void reclaim_memory(std::uint64_t counters, std::uint64_t bytes);

  // True at most once a minute per limit: log that the process exceeds it.
  bool should_log(process_limit exceeded, base::time_point now);

  // True if there has been no connection for so long that a new account would allow no more than this one. An account
  // of an unidentified process, which cannot return to it, is unused as soon as it has no connection.
  bool is_unused(base::time_point now) const;

  ask_budget asks;

private:
  struct left_counters {
    std::uint64_t name = 0;
    std::uint64_t bytes = 0;
    base::time_point since;
  };

  const std::uint64_t id_;
  const std::int32_t pid_;
  std::size_t connections_ = 0;
  base::time_point closed_;  // the last connection
  std::vector<left_counters> left_;
  std::array<std::optional<base::time_point>, 3> logged_;
};

// Lifetime: its server's. Threads: owner context only. Time is an argument.
class caller_accounts {
public:
  // Counts a connection. Each connection of an unidentified process gets a separate account. The reference is valid
  // while the account has connections.
  caller_account& open_connection(const peer_process& peer, base::time_point now);

  // Null if there is no such account or it was pruned.
  caller_account* find(std::uint64_t id);

  void prune(base::time_point now);
  std::size_t size() const { return accounts_.size(); }

private:
  std::unordered_map<std::uint64_t, caller_account> accounts_;
  std::uint64_t unknown_ = 0;  // unidentified processes so far
};

}  // namespace lars::agent
