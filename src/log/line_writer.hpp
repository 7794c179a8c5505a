// Lines on their way out: a bounded queue and the one thread that writes it, so that whoever logs never waits for a
// disk, a pipe or a terminal.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "log/output.hpp"

namespace lars::log {

// Lifetime: never destroyed, as threads may log until the very end of the process. A fork's child has an empty queue
// and makes a thread of its own.
// Threads: any thread. Its lock is held for a few moves, never while something is written.
class line_writer {
public:
  // `lost_lines` makes the line that says how many lines were dropped.
  line_writer(std::size_t queue_bytes, std::function<std::string(std::uint64_t)> lost_lines);
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  // From now on lines go there, those that wait too.
  void use(std::shared_ptr<output> where);

  // Queues a line; where the queue is full it is dropped and counted, and a later line says so.
  void add(std::string line);

  // Waits until everything queued before is written, or the time has passed. True when it is.
  bool flush(std::chrono::milliseconds patience);

  // Lines dropped since the start: the queue was full, or they could not be written.
  std::uint64_t dropped() const;

  // Around fork(): no other thread holds the lock in between.
  void before_fork() { lock_.lock(); }
  void after_fork_in_parent() { lock_.unlock(); }
  void after_fork_in_child();

private:
  void run();
  void write(const std::string& line, const std::shared_ptr<output>& to);
  void say_what_was_lost(const std::shared_ptr<output>& to);

  const std::size_t room_;
  const std::function<std::string(std::uint64_t)> lost_lines_;

  mutable std::mutex lock_;  // guards what follows
  std::condition_variable_any changed_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;  // the thread holds a line that is not in the queue any more
  bool running_ = false;  // there is a thread
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_told_ = 0;
  std::shared_ptr<output> output_ = std::make_shared<output>();
};

}  // namespace lars::log
