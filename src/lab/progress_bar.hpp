// A progress bar on one line of a terminal.
#pragma once

#include <ostream>
#include <string>

namespace lars::lab {

// Lifetime: the work's; the destructor clears the line. Threads: one at a time.
class progress_bar {
public:
  // Silent unless `shown`. REQUIRES: `out` outlives it.
  progress_bar(std::ostream& out, bool shown) : out_(out), shown_(shown) {}
  ~progress_bar() { clear(); }
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;

  void show(std::size_t done, std::size_t total) {
    if (!shown_ || total == 0) return;
    constexpr std::size_t cells = 40;
    const std::size_t filled = cells * done / total;
    out_ << "\r[" << std::string(filled, '#') << std::string(cells - filled, ' ') << "] " << done << '/' << total
         << " runs " << std::flush;
    drawn_ = true;
  }

  void clear() {
    if (drawn_) out_ << "\r\033[K" << std::flush;
    drawn_ = false;
  }

private:
  std::ostream& out_;
  const bool shown_;
  bool drawn_ = false;
};

}  // namespace lars::lab
