// The modules that something happened to since the control loop looked last: its work goes with them alone.
#pragma once

#include <atomic>

namespace lars::agent {

class module;

// A stack of modules linked through themselves: pushed by any thread, taken as a whole by the control loop. A module is
// in it once at most. Lifetime: its modules'.
class active_modules {
public:
  // Any thread.
  void push(module& one);

  // Calls f(module&) for each; each may be pushed again from then on. Owner context.
  template <class F>
  void take(F f);

private:
  std::atomic<module*> top_{nullptr};
};

}  // namespace lars::agent
