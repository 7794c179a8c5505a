#include "net/thread_wait.hpp"

#include <thread>

#include "net/virtual_time.hpp"

namespace lars::net {

void pass_time(base::duration length) {
  if (auto* const time = virtual_time::current())
    time->run_for(length);
  else
    std::this_thread::sleep_for(length);
}

}  // namespace lars::net
