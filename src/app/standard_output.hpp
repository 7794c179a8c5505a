// What commands print: a stream to file descriptor 1 whose failures end the command.
#pragma once

#include <ostream>
#include <stdexcept>
#include <streambuf>
#include <string>
#include <vector>

namespace lars::app {

// Standard output could not be written. `number` is errno's.
class output_failed : public std::runtime_error {
public:
  explicit output_failed(int number);

  int number() const { return number_; }
  // The reader closed its end of a pipe, as `head` does once it has seen enough: nobody wants to know.
  bool reader_left() const;

private:
  int number_;
};

// Buffers what is written to a file descriptor. Every failure throws output_failed, and so does every write after one;
// what was buffered is dropped.
class output_buffer : public std::streambuf {
public:
  // `open` = false: the descriptor was closed when the process began, so whatever has its number now is something else
  // and is never written to.
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

// Unlike std::cout, it throws: a command that prints for ever ends with its first line that nobody can get, and no
// caller of << need look. Lifetime: main()'s. Threads: one at a time.
class standard_output : public std::ostream {
public:
  // Looks whether descriptor 1 is open. REQUIRES: nothing but prepare_process() opened anything before, or it may have
  // taken that number; what that opens there cannot be written either.
  standard_output();

  bool terminal() const { return buffer_.terminal(); }

  // Writes what is still buffered. Throws output_failed.
  void finish() { flush(); }

private:
  output_buffer buffer_;
};

// True for a standard_output that leads to a terminal.
bool is_terminal(const std::ostream& out);

}  // namespace lars::app
