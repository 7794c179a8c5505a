// What one process gets from this agent over all its connections: opening more of them, or new ones, gets it no more.
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

// What a process can have too much of.
enum class process_limit : std::uint8_t { connections, memory, modules };

// Lifetime: until caller_accounts::prune() finds it unused. Threads: owner context only. Time is an argument.
class caller_account {
public:
  // A process may hold on to memory that it was given over a connection that has ended. It counts for so long.
  static constexpr std::chrono::seconds memory_counts{60};

  caller_account(std::uint64_t id, std::int32_t pid, base::time_point now) : asks(now), id_(id), pid_(pid) {}

  // Tells this process from every other, and outlives the account: a process that returns later has the same one.
  std::uint64_t id() const { return id_; }
  std::int32_t pid() const { return pid_; }  // for people

  std::size_t connections() const { return connections_; }
  void open_connection() { ++connections_; }
  void close_connection(base::time_point now);

  // Memory of connections that have ended. `counters` = caller_counters::name() of what was there.
  void leave_memory(std::uint64_t counters, std::uint64_t bytes, base::time_point now);
  std::uint64_t left_memory(base::time_point now);
  std::uint64_t left_memory_of(std::uint64_t counters) const;
  // So much of it is in use again, over another connection.
  void reclaim_memory(std::uint64_t counters, std::uint64_t bytes);

  // Whether to log that the process exceeds this limit: once a minute.
  bool should_log(process_limit exceeded, base::time_point now);

  // No connection, and none for so long that a new account would allow no more than this one.
  // Nobody ever finds that of a process that is not known again.
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
  // Each connection of a process that is not known has an account of its own. The account stays where it is while it
  // has connections.
  caller_account& open_connection(const peer_process& peer, base::time_point now);

  // Null where there is none (any more).
  caller_account* find(std::uint64_t id);

  void prune(base::time_point now);
  std::size_t size() const { return accounts_.size(); }

private:
  std::unordered_map<std::uint64_t, caller_account> accounts_;
  std::uint64_t unknown_ = 0;  // processes so far
};

}  // namespace lars::agent
