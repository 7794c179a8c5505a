// Who wants to know which modules changed in the route table.
#pragma once

#include <span>

#include "dns/table/route_table.hpp"

namespace lars::dns {

// Called on context 0 once a table with the changes is the current one, and agents' contexts are on their way to it.
// An observer may publish changes itself; they are reported after the current ones.
class route_observer {
public:
  virtual ~route_observer() = default;

  // These modules have other hosts, weights, states, zones or settings than before. `changes` is never empty and names
  // each module once; the modules are in no order that means anything.
  virtual void on_routes_changed(std::span<const route_change> changes) = 0;
};

}  // namespace lars::dns
