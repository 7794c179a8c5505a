#include "lab/server.hpp"

#include <algorithm>

namespace lars::lab {
namespace {

std::size_t slots_of(instant time) { return static_cast<std::size_t>(time / tick); }

}  // namespace

server::server(const server_spec& spec, const report_config& reports, const std::optional<limiter_config>& limit)
    : spec_(spec), reports_(reports), window_(slots_of(reports.window), slots_of(reports.shift)) {
  if (limit) limiter_.emplace(*limit);
}

void server::account(instant now) {
  busy_ += (now - since_) * (running_ + spec_.background_cores);
  since_ = now;
}

instant server::busy_until(instant now) {
  account(now);
  return busy_;
}

// A refusal costs CPU but occupies no core, so no call waits for it.
void server::refused(instant work) {
  const double cost = limiter_->config().rejection_cost * static_cast<double>(work.count());
  busy_ += instant(static_cast<instant::rep>(cost));
  ++slot_.ends;
  ++slot_.failures;
}

bool server::arrive(const job& one, instant now) {
  if (running_ == spec_.cores - spec_.background_cores) {
    waiting_.push_back(one);
    return false;
  }
  account(now);
  ++running_;
  return true;
}

std::optional<job> server::finish(instant now) {
  ++slot_.ends;
  if (!waiting_.empty()) {  // one ends, one begins: the number of running calls stays
    const job next = waiting_.front();
    waiting_.pop_front();
    return next;
  }
  account(now);
  --running_;
  return std::nullopt;
}

void server::die(instant now) {
  account(now);
  alive_ = false;
  waiting_.clear();
  running_ = 0;
  window_ = load_window(slots_of(reports_.window), slots_of(reports_.shift));
  slot_ = {};
  report_ = {};
  if (limiter_) limiter_->reset();
}

void server::end_tick(instant now) {
  account(now);
  slot_.busy = busy_ - busy_at_tick_;
  busy_at_tick_ = busy_;
  window_.close(slot_);
  slot_ = {};
  const auto seconds = window_.seconds();
  const double cpu = std::min(1.0, seconds_of(window_.sums().busy) / (seconds * spec_.cores));
  const auto& calls = window_.shifted_sums();
  report_ = {cpu, static_cast<double>(calls.ends) / seconds, static_cast<double>(calls.failures) / seconds};
  if (limiter_) limiter_->observe(cpu);
}

}  // namespace lars::lab
