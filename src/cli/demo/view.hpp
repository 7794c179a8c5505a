// The output of the demo: sentences, and a chart of the distribution of calls.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "cli/demo/checker.hpp"

namespace lars::cli::demo {

// One snapshot to draw.
struct picture {
  base::duration since_start{};
  std::string title;  // name of the phase
  double calls_per_second = 0;
  std::vector<host_line> hosts;
  endpoint the_host;     // the host that fails and recovers
  bool failing = false;  // it fails now
};

// On a terminal the picture is redrawn in place and sentences scroll above it; elsewhere each picture is one line.
// Threads: owner context only. Errors: those of the stream.
class view {
public:
  view(std::ostream& out, bool live) : out_(out), live_(live) {}

  void say(const std::string& sentence);
  void draw(const picture& now);

private:
  void draw_live(const picture& now);
  void draw_line(const picture& now);
  void wipe();

  std::ostream& out_;
  const bool live_;
  std::size_t drawn_lines_ = 0;
};

}  // namespace lars::cli::demo
