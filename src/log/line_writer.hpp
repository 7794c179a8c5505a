// A bounded queue of log lines and the thread that writes it, so that threads that log never wait for a disk, a pipe or
// a terminal.
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

// Lifetime: never destroyed, because threads may log until the end of the process. After a fork, the child has an empty
// queue and starts its own thread.
// Threads: any thread. The lock is held briefly and never during a write.
class line_writer {
public:
  // `lost_lines` formats the line that reports the number of dropped lines.
  line_writer(std::size_t queue_bytes, std::function<std::string(std::uint64_t)> lost_lines);
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  // Replaces the output, also for the lines in the queue.
  void use(std::shared_ptr<output> where);

  // Queues a line. Drops and counts it if the queue is full; a later line reports the number.
  void add(std::string line);

  // Waits until the queue is written. False if that takes longer than `patience`.
  bool flush(std::chrono::milliseconds patience);

  // Number of lines dropped since the start, because the queue was full or a write failed.
  std::uint64_t dropped() const;

  // To be called around fork(), so that no other thread holds the lock during it.
  void before_fork() { lock_.lock(); }
  void after_fork_in_parent() { lock_.unlock(); }
  void after_fork_in_child();

private:
  void run();
  void write(const std::string& line, const std::shared_ptr<output>& to);
  void write_loss(const std::shared_ptr<output>& to);

  const std::size_t room_;
  const std::function<std::string(std::uint64_t)> lost_lines_;

  mutable std::mutex lock_;  // guards what follows
  std::condition_variable_any changed_;
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  bool writing_ = false;  // the thread is writing a line that it took from the queue
  bool running_ = false;  // the thread was started
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_reported_ = 0;
  std::shared_ptr<output> output_ = std::make_shared<output>();
};

}  // namespace lars::log
