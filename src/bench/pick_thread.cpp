#include "bench/pick_thread.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <thread>

#include "bench/thread_cpu.hpp"

namespace lars::bench {
namespace {

using namespace std::chrono_literals;
constexpr auto pause = 1ms;            // of a paced thread whose calls are done
constexpr auto start_pause = 25ms;     // between two checks of `start`: up to a thousand threads wait
constexpr auto module_patience = 20s;  // limit for a route to arrive

}  // namespace

// Makes a system call that is easy to find in a trace of the thread.
class pick_thread::marker {
public:
  explicit marker(bool enabled) : fd_(enabled ? ::open("/dev/null", O_WRONLY | O_CLOEXEC) : -1) {}
  marker(const marker&) = delete;
  marker& operator=(const marker&) = delete;
  ~marker() {
    if (fd_ >= 0) ::close(fd_);
  }
  void write(std::string_view text) const {
    if (fd_ >= 0) (void)!::write(fd_, text.data(), text.size());
  }

private:
  const int fd_;
};

void pick_thread::run() {
  const marker mark(plan_.marks), unmarked(false);
  if (!warm_up()) return;
  control_.ready.fetch_add(1);
  while (control_.start.load() == 0) std::this_thread::sleep_for(start_pause);
  const auto start = control_.start.load();
  const auto times = times_of(plan_.parts, plan_.each);
  for (std::size_t i = 0; i < times.size(); ++i)
    run_timed(plan_.parts[i], record_.parts[i], start, times[i], i == 0 ? mark : unmarked);
  record_.picks = picks_;
  record_.ends = ends_;
  record_.checksum = checksum_;
  control_.done.fetch_add(1);
}

bool pick_thread::warm_up() {
  const auto until = std::chrono::steady_clock::now() + module_patience;
  for (const auto& module : plan_.modules) {
    auto& call = calls_.front();
    client::failure failure;
    do {
      request_.module = module;
      failure = client_.pick(request_, call);
    } while (failure && std::chrono::steady_clock::now() < until);
    if (failure) {
      control_.failed = static_cast<std::uint32_t>(*failure);
      return false;
    }
    note(call);
    finish(call);
  }
  part_record none;
  const auto lasts = static_cast<std::uint64_t>(plan_.warm_up.count());
  if (lasts > 0) run_part(load_part::pick_and_report, none, base::monotonic_ns() + lasts, marker(false));
  return true;
}

void pick_thread::run_timed(load_part what, part_record& into, std::uint64_t start_ns, const part_time& time,
                            const marker& mark) {
  const auto time_of = [&](std::chrono::nanoseconds since) {
    return start_ns + static_cast<std::uint64_t>(since.count());
  };
  if (const auto now = base::monotonic_ns(), begin = time_of(time.begin); now < begin)
    std::this_thread::sleep_for(std::chrono::nanoseconds(begin - now));
  part_record uncounted;
  if (time.counted > time.begin) run_paced(uncounted, time_of(time.counted));
  run_part(what, into, time_of(time.end), mark);
  into.errors += uncounted.errors;
}

void pick_thread::run_part(load_part what, part_record& into, std::uint64_t end_ns, const marker& mark) {
  const auto begin_ns = base::monotonic_ns();
  const auto begin_cpu = thread_cpu_ns();
  mark.write("lars bench: begin");
  if (what == load_part::paced) {
    run_paced(into, end_ns);
  } else {
    const auto begin = watch_.now();
    const auto lasts = watch_.ticks_of(static_cast<double>(std::max(end_ns, begin_ns) - begin_ns));
    for (auto now = begin; now - begin < lasts;) now = run_batch(what, into, now);
  }
  mark.write("lars bench: end");
  into.cpu_ns = thread_cpu_ns() - begin_cpu;
  into.wall_ns = base::monotonic_ns() - begin_ns;
}

// Returns the time at the end of the batch.
std::uint64_t pick_thread::run_batch(load_part what, part_record& into, std::uint64_t begin) {
  const auto picked_before = picks_;
  const auto end = what == load_part::one_by_one ? run_singles(into, begin) : run_together(what, into, begin);
  into.calls += picks_ - picked_before;
  into.errors += calls_.size() - (picks_ - picked_before);
  return end;
}

std::uint64_t pick_thread::run_together(load_part what, part_record& into, std::uint64_t begin) {
  if (what == load_part::pick_alone) {
    for (auto& call : calls_) pick_one(call);
  } else {
    for (auto& call : calls_)
      if (pick(call)) finish(call);
  }
  const auto end = watch_.now();
  into.times.add(end - begin);
  if (what != load_part::pick_alone) return end;
  for (auto& call : calls_) {
    if (call.by != client::transport::none) note(call);
    finish(call);
  }
  return watch_.now();
}

std::uint64_t pick_thread::run_singles(part_record& into, std::uint64_t begin) {
  auto last = begin;
  for (auto& call : calls_) {
    if (pick(call)) finish(call);
    const auto took = watch_.now() - last;
    into.times.add(took - std::min(took, watch_.own_cost()));
    // Read the clock again: the next call does not include the counting of this one.
    last = watch_.now();
  }
  return watch_.now();
}

void pick_thread::run_paced(part_record& into, std::uint64_t end_ns) {
  const auto begin = base::monotonic_ns();
  for (auto now = begin; now < end_ns; now = base::monotonic_ns()) {
    const auto due = static_cast<std::uint64_t>(static_cast<double>(now - begin) * plan_.rate / 1e9);
    for (; into.calls + into.errors < due;) {
      auto& call = calls_.front();
      if (pick(call)) {
        ++into.calls;
        finish(call);
      } else {
        ++into.errors;
      }
    }
    std::this_thread::sleep_for(pause);
  }
}

bool pick_thread::pick(client::call& call) {
  if (!pick_one(call)) return false;
  note(call);
  return true;
}

bool pick_thread::pick_one(client::call& call) {
  request_.module = modules_[next_];
  if (++next_ == modules_.size()) next_ = 0;
  return !client_.pick(request_, call);
}

void pick_thread::note(const client::call& picked) {
  ++picks_;
  checksum_ = checksum_ * 31 + ((std::uint64_t{picked.where.ip} << 16) ^ picked.where.port);
}

// Does nothing for a call that was not picked.
void pick_thread::finish(client::call& call) {
  if (call.by == client::transport::none) return;
  client_.finish(call, 0);
  ++ends_;
}

}  // namespace lars::bench
