// An event loop in virtual time: nothing is waited for.
#pragma once

#include <boost/asio/io_context.hpp>

#include "net/io_pool.hpp"
#include "net/virtual_time.hpp"

namespace lars::test {

struct simulated_loop {
  simulated_loop() {
    time.set_loop([this](base::duration length) { run_for(length); });
  }
  ~simulated_loop() {
    time.set_loop(nullptr);
    time.abandon();
  }

  // Runs all handlers that are ready, and those that they make ready.
  void settle() {
    context.restart();
    context.poll();
  }

  // Lets time pass, timer by timer.
  void run_for(base::duration length) {
    const auto end = time.now() + length;
    settle();
    for (auto next = time.next(); next && *next <= end; next = time.next()) {
      time.advance_to(*next);
      settle();
    }
    time.advance_to(end);
    settle();
  }

  net::virtual_time time;
  net::io_pool pool{1};  // never started: settle() is its thread
  boost::asio::io_context& context = pool.context(0);
};

}  // namespace lars::test
