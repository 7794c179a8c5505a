// Records when hosts were isolated and when they returned, from repeated snapshots of the isolated hosts.
#pragma once

#include <lars/types.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli {

// The times are those of the snapshot that showed the change. A host in the first snapshot may have been isolated
// earlier. Pure: time is an argument. Threads: owner context only.
class isolation_watch {
public:
  struct history {
    bool isolated = false;  // in the last snapshot
    std::optional<base::time_point> first_isolated_at;
    std::optional<base::time_point> first_returned_at;
  };

  // Adds a snapshot: at `now` exactly these hosts were isolated.
  void saw(const std::vector<endpoint>& isolated, base::time_point now);

  // False before the first snapshot.
  bool knows() const { return looked_; }

  // The history of a host; empty if it was never isolated.
  history of(endpoint where) const;

private:
  std::unordered_map<endpoint, history> hosts_;
  bool looked_ = false;
};

}  // namespace lars::cli
