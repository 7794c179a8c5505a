#include "log/line_writer.hpp"

#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <thread>
#include <utility>

namespace lars::log {
namespace {

// Starts a thread with all signals blocked: the main thread waits for them.
void start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  std::thread(std::move(body)).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

line_writer::line_writer(std::size_t queue_bytes, std::function<std::string(std::uint64_t)> lost_lines)
    : room_(queue_bytes), lost_lines_(std::move(lost_lines)) {}

void line_writer::use(std::shared_ptr<output> where) {
  const std::lock_guard hold(lock_);
  output_ = std::move(where);
}

void line_writer::add(std::string line) {
  const std::lock_guard hold(lock_);
  if (queued_bytes_ + line.size() > room_) {
    ++dropped_;
    return;
  }
  queued_bytes_ += line.size();
  queue_.push_back(std::move(line));
  if (!running_) {
    try {
      start_thread([this] { run(); });
      running_ = true;
    } catch (const std::system_error&) {
      return;  // cannot start a thread: the next add() tries again
    }
  }
  changed_.notify_all();
}

bool line_writer::flush(std::chrono::milliseconds patience) {
  std::unique_lock hold(lock_);
  return changed_.wait_for(hold, patience, [this] { return queue_.empty() && !writing_; });
}

std::uint64_t line_writer::dropped() const {
  const std::lock_guard hold(lock_);
  return dropped_;
}

// The child has only the thread that forked. The parent writes the lines that were queued.
void line_writer::after_fork_in_child() {
  queue_.clear();
  queued_bytes_ = 0;
  writing_ = false;
  running_ = false;
  lock_.unlock();
}

void line_writer::run() {
  std::unique_lock hold(lock_);
  while (true) {
    changed_.wait(hold, [this] { return !queue_.empty(); });
    const auto line = std::move(queue_.front());
    queue_.pop_front();
    queued_bytes_ -= line.size();
    writing_ = true;
    const auto to = output_;
    hold.unlock();
    write(line, to);
    hold.lock();
    writing_ = false;
    if (queue_.empty()) changed_.notify_all();
  }
}

void line_writer::write(const std::string& line, const std::shared_ptr<output>& to) {
  const auto replaced = [this, &to] {
    const std::lock_guard hold(lock_);
    return output_ != to;
  };
  if (to->write(line, replaced)) return write_loss(to);
  const std::lock_guard hold(lock_);
  ++dropped_;
}

// Called after a line was written.
void line_writer::write_loss(const std::shared_ptr<output>& to) {
  std::uint64_t lost = 0;
  {
    const std::lock_guard hold(lock_);
    // While the queue is nearly full more lines will be dropped: report them together later.
    if (dropped_ == dropped_reported_ || queued_bytes_ > room_ / 2) return;
    lost = dropped_ - std::exchange(dropped_reported_, dropped_);
  }
  if (to->write(lost_lines_(lost), [] { return true; })) return;
  const std::lock_guard hold(lock_);
  dropped_reported_ -= lost;
}

}  // namespace lars::log
