// The destination of log lines: stderr or a file. A write to a stalled reader waits only until the caller gives up.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace lars::log {

// Lifetime: its writer's. Threads: one at a time.
// Invariant: every line starts a new line, also after an incomplete one that a full disk or a killed process left.
class output {
public:
  // Writes to stderr.
  output() = default;
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  // Appends to the file and creates it if it does not exist. A FIFO need not have a reader yet.
  // errc::io_failed with the reason.
  static result<std::shared_ptr<output>> open(const std::string& path);

  // Writes the line and a line feed. While the reader is stalled, waits and calls give_up() about ten times a second
  // until it returns true. False if the line was not written completely. Threads: blocking.
  bool write(std::string_view line, const std::function<bool()>& give_up);

private:
  bool write_all(std::string_view bytes, const std::function<bool()>& give_up);

  int file_ = 2;
  bool owns_file_ = false;  // the destructor closes file_
  bool torn_ = false;       // the last write ended in the middle of a line
};

}  // namespace lars::log
