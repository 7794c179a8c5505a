// The output stream of commands: writes to file descriptor 1 and throws if that fails.
#pragma once

#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

namespace lars::app {

// Thrown if standard output cannot be written. `number` is an errno value.
class output_failed : public std::runtime_error {
public:
  explicit output_failed(int number);

  int number() const { return number_; }
  // True if the reader closed its end of a pipe, as `head` does: not worth a message.
  bool reader_left() const;

private:
  int number_;
};

// A buffer for a file descriptor. A failed write throws output_failed and drops the buffered bytes; so does every later
// write.
class output_buffer : public std::streambuf {
public:
  // `open` = false: the descriptor was closed when the process started. Its number may now be another file, which is
  // never written to.
  output_buffer(int descriptor, bool open);

  bool terminal() const { return terminal_; }

private:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override;

  void write_out();
  [[noreturn]] void fail(int number);

  const int descriptor_;
  const bool terminal_;
  int failure_;  // errno, 0 = none
  std::vector<char> room_;
};

// Unlike std::cout it throws, so that an endless command ends at the first failed write and no caller of << must check.
// Lifetime: main()'s. Threads: one at a time.
class standard_output : public std::ostream {
public:
  // Checks whether descriptor 1 is open. REQUIRES: only prepare_process() has opened files before; another file could
  // have number 1. The file that prepare_process() opens there is not writable.
  standard_output();

  bool terminal() const { return buffer_.terminal(); }

  // Writes the buffered bytes. Throws output_failed.
  void finish() { flush(); }

private:
  output_buffer buffer_;
};

// True if `out` is a standard_output on a terminal.
bool is_terminal(const std::ostream& out);

}  // namespace lars::app
