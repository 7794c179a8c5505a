// When hosts were isolated and came back, of a number of looks at who is.
#pragma once

#include <lars/types.hpp>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace lars::cli {

// Times are those of the look that saw the change. What was isolated at the first look was so before. Pure: time is an
// argument. Threads: owner context only.
class isolation_watch {
public:
  struct history {
    bool isolated = false;  // at the last look
    std::optional<base::time_point> first_isolated_at;
    std::optional<base::time_point> first_returned_at;
  };

  // A look at `now` found these hosts isolated, and no others.
  void saw(const std::vector<endpoint>& isolated, base::time_point now);

  // False before the first look.
  bool knows() const { return looked_; }

  // Empty of a host that was never isolated.
  history of(endpoint where) const;

private:
  std::unordered_map<endpoint, history> hosts_;
  bool looked_ = false;
};

}  // namespace lars::cli
