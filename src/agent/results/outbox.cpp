#include "agent/results/outbox.hpp"

#include <algorithm>
#include <utility>

namespace lars::agent {

void outbox::add(spooled_batch batch) {
  bytes_ += batch.frame.size();
  items_.push_back({std::move(batch), {}});
}

const spooled_batch* outbox::next(base::time_point now) {
  if (unsent_ == items_.size()) return nullptr;
  auto& next = items_[unsent_++];
  next.sent = now;
  return &next.batch;
}

std::uint64_t outbox::acknowledged(const base::agent_id& agent) const {
  const auto first =
      std::find_if(items_.begin(), items_.end(), [&](const item& sent) { return sent.batch.agent == agent; });
  return first == items_.end() ? 0 : first->batch.seq - 1;
}

void outbox::restart() { rewind(0); }

void outbox::rewind(std::size_t index) {
  if (index >= unsent_) return;
  resent_ += unsent_ - index;
  unsent_ = index;
}

void outbox::pop() {
  bytes_ -= items_.front().batch.frame.size();
  items_.pop_front();
  ++done_;
  if (unsent_ > 0) --unsent_;
}

std::optional<report_progress> outbox::on_committed(const base::agent_id& agent, std::uint64_t seq) {
  std::optional<report_progress> released;
  // Only sent batches can have been committed. Ignore a seq beyond them.
  while (unsent_ > 0 && items_.front().batch.agent == agent && items_.front().batch.seq <= seq) {
    released = {agent, items_.front().batch.seq};
    pop();
  }
  return released;
}

bool outbox::on_resend(const base::agent_id& agent, std::uint64_t seq) {
  const auto first =
      std::find_if(items_.begin(), items_.end(), [&](const item& sent) { return sent.batch.agent == agent; });
  if (first == items_.end()) return true;
  if (seq < first->batch.seq && first->batch.seq - seq > 1) return false;
  const auto from = std::find_if(first, items_.end(),
                                 [&](const item& sent) { return sent.batch.agent != agent || sent.batch.seq > seq; });
  rewind(static_cast<std::size_t>(from - items_.begin()));
  return true;
}

std::optional<report_progress> outbox::pop_delivered(base::time_point before) {
  if (unsent_ == 0 || items_.front().sent > before) return std::nullopt;
  const base::agent_id agent = items_.front().batch.agent;
  std::optional<report_progress> released;
  while (unsent_ > 0 && items_.front().sent <= before && items_.front().batch.agent == agent) {
    released = {agent, items_.front().batch.seq};
    pop();
  }
  return released;
}

void outbox::drop(const base::agent_id& agent) {
  std::size_t kept_unsent = 0;
  for (std::size_t i = 0; i < unsent_; ++i)
    if (items_[i].batch.agent != agent) ++kept_unsent;
  unsent_ = kept_unsent;
  std::erase_if(items_, [&](const item& pending) {
    if (pending.batch.agent != agent) return false;
    bytes_ -= pending.batch.frame.size();
    return true;
  });
}

}  // namespace lars::agent
