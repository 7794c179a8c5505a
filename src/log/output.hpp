// Where lines go: stderr or a file. It waits for a reader that stands still only as long as it is asked to.
#pragma once

#include <functional>
#include <lars/error.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace lars::log {

// Lifetime: its writer's. Threads: one at a time.
// Invariant: a line begins at the start of a line, also after one that a full disk or a killed process left torn.
class output {
public:
  // Of stderr.
  output() = default;
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  // Appends to the file, which is made if there is none. A FIFO need not have a reader yet.
  // errc::io_failed with the reason.
  static result<std::shared_ptr<output>> open(const std::string& path);

  // Writes the line and a line feed. Waits while its reader takes nothing, until give_up() says so; it is asked about
  // ten times a second. False when the line was not written whole. blocking.
  bool write(std::string_view line, const std::function<bool()>& give_up);

private:
  bool write_all(std::string_view bytes, const std::function<bool()>& give_up);

  int file_ = 2;
  bool own_ = false;   // file_ is to be closed
  bool torn_ = false;  // what was written last did not end its line
};

}  // namespace lars::log
