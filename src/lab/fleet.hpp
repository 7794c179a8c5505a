// The servers of a run.
#pragma once

#include <vector>

#include "lab/caller.hpp"
#include "lab/scenario.hpp"
#include "lab/server.hpp"

namespace lars::lab {

// Threads: owner context only.
class fleet {
public:
  explicit fleet(const scenario& plan) : delays_(plan.servers.size()), listed_(plan.servers.size(), true) {
    for (const auto& spec : plan.servers) servers_.emplace_back(spec, plan.reports, plan.limit);
  }

  std::uint32_t size() const { return static_cast<std::uint32_t>(servers_.size()); }
  server& at(std::uint32_t number) { return servers_[number]; }

  // The extra delay of a server's answers.
  instant& delay(std::uint32_t number) { return delays_[number]; }

  void list(std::uint32_t number, bool listed) { listed_[number] = listed; }
  // The servers that are hosts of the module now.
  std::vector<host> hosts() const {
    std::vector<host> all;
    for (std::uint32_t i = 0; i < size(); ++i)
      if (listed_[i]) all.push_back({endpoint_of(i)});
    return all;
  }

  std::vector<int> cores() const {
    std::vector<int> all;
    for (const auto& one : servers_) all.push_back(one.cores());
    return all;
  }
  std::vector<instant> busy_until(instant now) {
    std::vector<instant> all;
    for (auto& one : servers_) all.push_back(one.busy_until(now));
    return all;
  }

private:
  std::vector<server> servers_;
  std::vector<instant> delays_;
  std::vector<bool> listed_;
};

}  // namespace lars::lab
