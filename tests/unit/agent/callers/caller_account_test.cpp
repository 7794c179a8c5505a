#include "agent/callers/caller_account.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace lars::agent::caller_account_test {

using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t counters = 7;
constexpr std::uint64_t other_counters = 8;

peer_process process(std::uint64_t name) {
  peer_process peer;
  peer.name = name;
  return peer;
}

}  // namespace

TEST_CASE("all connections of a process share one account, other processes have their own") {
  const base::time_point now{100s};
  caller_accounts accounts;
  auto& first = accounts.open_connection(process(1), now);
  auto& second = accounts.open_connection(process(1), now);
  CHECK(&first == &second);
  CHECK(first.connections() == 2);
  CHECK(&accounts.open_connection(process(2), now) != &first);
  CHECK(accounts.find(1) == &first);
  CHECK(accounts.find(3) == nullptr);
}

TEST_CASE("each connection of an unidentified process has its own account") {
  const base::time_point now{100s};
  caller_accounts accounts;
  auto& first = accounts.open_connection(process(0), now);
  auto& second = accounts.open_connection(process(0), now);
  CHECK(&first != &second);
  CHECK(first.id() != second.id());
  CHECK(accounts.find(second.id()) == &second);
  first.close_connection(now);
  accounts.prune(now);
  CHECK(accounts.size() == 1);
}

TEST_CASE("a process that reconnects soon keeps its usage, later it starts at zero") {
  base::time_point now{100s};
  caller_accounts accounts;
  auto* account = &accounts.open_connection(process(1), now);
  while (account->asks.spend(now)) continue;
  account->close_connection(now);
  now += 100ms;
  accounts.prune(now);
  account = &accounts.open_connection(process(1), now);
  for (std::uint64_t i = 0; i < ask_budget::asks_a_second / 10; ++i) account->asks.spend(now);
  CHECK_FALSE(account->asks.spend(now));
  account->close_connection(now);
  now += 2min;
  accounts.prune(now);
  CHECK(accounts.size() == 0);
}

TEST_CASE("the account of a connected process is never pruned") {
  base::time_point now{100s};
  caller_accounts accounts;
  auto& account = accounts.open_connection(process(1), now);
  accounts.open_connection(process(1), now);
  account.close_connection(now);
  now += 24h;
  accounts.prune(now);
  CHECK(accounts.find(1) == &account);
}

TEST_CASE("memory of ended connections counts for a minute") {
  base::time_point now{100s};
  caller_account account(1, 1, now);
  account.add_left_memory(counters, 100, now);
  account.add_left_memory(other_counters, 10, now + 30s);
  CHECK(account.left_memory(now + 59s) == 110);
  CHECK(account.left_memory(now + 61s) == 10);
  CHECK(account.left_memory(now + 91s) == 0);
}

TEST_CASE("reclaimed memory no longer counts as left, the rest still does") {
  const base::time_point now{100s};
  caller_account account(1, 1, now);
  account.add_left_memory(counters, 100, now);
  account.add_left_memory(other_counters, 10, now);
  account.reclaim_memory(counters, 30);
  CHECK(account.left_memory_of(counters) == 70);
  CHECK(account.left_memory(now) == 80);
  account.reclaim_memory(counters, 1000);
  CHECK(account.left_memory_of(counters) == 0);
  CHECK(account.left_memory(now) == 10);
}

TEST_CASE("each limit that a process exceeds is logged once a minute") {
  const base::time_point now{100s};
  caller_account account(1, 1, now);
  CHECK(account.should_log(process_limit::memory, now));
  CHECK(account.should_log(process_limit::modules, now));
  CHECK_FALSE(account.should_log(process_limit::memory, now + 59s));
  CHECK(account.should_log(process_limit::memory, now + 60s));
}

}  // namespace lars::agent::caller_account_test
