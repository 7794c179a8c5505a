#include "client/shared_transport.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "client/wait_readable.hpp"

namespace lars::client {
namespace {

using namespace std::chrono_literals;
constexpr auto retry_pause = 100ms;     // between two attempts to find an agent
constexpr auto refused_pause = 1000ms;  // after an agent that refused
constexpr auto welcome_patience = 1000ms;
constexpr auto lock_pause = 1ms;
constexpr auto answer_patience = 10ms;   // for a running agent: no call waits longer for it
constexpr auto longest_answer = 1000ms;  // then the agent has lost the question, or hangs
constexpr auto poll_pause = 1ms;         // between two reads of its answer

// Whether the agent's end of the connection is gone: the agent never sends a message without a question.
bool is_closed(int socket) {
  pollfd wanted{socket, POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

}  // namespace

// Reserves room for all segments: the vectors never move, so a fork's child finds them whole whatever a thread of its
// parent was doing.
shared_transport::shared_transport(std::string directory) : directory_(std::move(directory)) {
  segments_.reserve(share::most_segments);
  local_segments_.reserve(share::most_segments);
}

shared_transport::~shared_transport() {
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

std::shared_ptr<const attachment> shared_transport::current() const {
  const std::lock_guard hold(current_lock_);
  return current_;
}

void shared_transport::publish(std::shared_ptr<const attachment> next) {
  {
    const std::lock_guard hold(current_lock_);
    current_.swap(next);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

void shared_transport::open(std::chrono::milliseconds patience) {
  if (directory_.empty()) return;
  const std::lock_guard hold(lock_);
  const auto until = base::clock::now() + patience;
  step(base::clock::now());
  while (state_ == state::greeting && base::clock::now() < until) step_and_wait(until);
}

// The holder may be waiting for the agent. No timed mutex: ThreadSanitizer does not know its steady-clock wait as a
// lock.
std::unique_lock<std::mutex> shared_transport::hold_until(base::time_point deadline) {
  std::unique_lock hold(lock_, std::try_to_lock);
  while (!hold && base::clock::now() < deadline) {
    std::this_thread::sleep_for(lock_pause);
    (void)hold.try_lock();
  }
  return hold;
}

void shared_transport::repair() {
  if (directory_.empty()) return;
  const auto now = base::clock::now();
  auto due = next_step_.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < due) return;
  const auto next = (now + retry_pause).time_since_epoch().count();
  if (!next_step_.compare_exchange_strong(due, next, std::memory_order_relaxed)) return;
  const std::unique_lock hold(lock_, std::try_to_lock);
  if (!hold) return;
  const bool waited_before = state_ == state::greeting || question_;
  step(now);
  // The routes of the last agent may be days old: wait a moment rather than pick a host that is gone.
  if (!waited_before && (state_ == state::greeting || question_)) step_and_wait(now + answer_patience);
  if (state_ == state::greeting || question_)
    next_step_.store((now + poll_pause).time_since_epoch().count(), std::memory_order_relaxed);
}

void shared_transport::hand_over(std::chrono::milliseconds patience) {
  const auto until = base::clock::now() + patience;
  const auto hold = hold_until(until);
  // Nothing was counted where no agent ever was.
  if (!hold || (segments_.empty() && local_segments_.empty())) return;
  step(base::clock::now());
  while (needs_repair() && base::clock::now() < until) {
    if (state_ == state::disconnected) std::this_thread::sleep_for(poll_pause);
    step_and_wait(until);
  }
}

void shared_transport::step_and_wait(base::time_point until) {
  if (socket_) (void)wait_readable(socket_.get(), until);
  step(base::clock::now());
}

void shared_transport::step(base::time_point now) {
  // An agent that merely hangs, as in a debugger, stays attached.
  if (state_ == state::attached && (current_->routes.ended() || (!question_ && is_closed(socket_.get()))))
    disconnect(now);
  if (state_ == state::disconnected) send_hello(now);
  if (state_ == state::greeting) receive_welcome(now);
  if (state_ == state::attached && question_) (void)receive_answer(now);
  if (state_ == state::attached && !question_ && !local_segments_.empty()) offer_segments(now);
  update_needs_repair();
}

void shared_transport::update_needs_repair() {
  needs_repair_.store(state_ != state::attached || question_ || !local_segments_.empty(), std::memory_order_relaxed);
}

void shared_transport::disconnect(base::time_point retry) {
  // Shut down, so that no child of this process holds the connection open.
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
  socket_.reset();
  question_.reset();
  state_ = state::disconnected;
  update_needs_repair();
  next_step_.store(retry.time_since_epoch().count(), std::memory_order_relaxed);
}

void shared_transport::send_hello(base::time_point now) {
  auto socket = share::connect_to(directory_);
  if (!socket) return disconnect(now + retry_pause);
  std::vector<int> files;
  for (const auto& one : segments_) {
    files.push_back(one.counters_file());
    files.push_back(one.checkpoint_file());
  }
  if (!share::send_message(socket->get(), {.kind = share::attach_kind::hello}, files))
    return disconnect(now + retry_pause);
  socket_ = *std::move(socket);
  hello_sent_ = now;
  state_ = state::greeting;
}

void shared_transport::receive_welcome(base::time_point now) {
  share::attach_message welcome;
  std::vector<share::descriptor> files;
  switch (share::receive_message(socket_.get(), welcome, files)) {
    case share::received::nothing:
      if (now - hello_sent_ > welcome_patience) disconnect(now + retry_pause);
      return;
    case share::received::closed:
    case share::received::rubbish:
      return disconnect(now + retry_pause);
    case share::received::message:
      break;
  }
  refusal_.store(welcome.status, std::memory_order_relaxed);
  if (welcome.kind == share::attach_kind::welcome && welcome.status == share::attach_status::ok)
    return attach(std::move(files));
  if (welcome.status != share::attach_status::refused || segments_.empty()) return refuse(welcome.status);
  abandon(segments_);
  disconnect(now);
}

// No agent accepts these segments: count in new ones.
void shared_transport::abandon(std::vector<share::segment>& all) {
  abandoned_segments_.push_back(std::exchange(all, {}));
  all.reserve(share::most_segments);
  ++counters_generation_;
}

// The agent serves us over UDP alone: stop picking from the routes that an agent before it left.
void shared_transport::refuse(share::attach_status why) {
  refusal_.store(why, std::memory_order_relaxed);
  disconnect(base::clock::now() + refused_pause);
  if (current_) publish(nullptr);
}

void shared_transport::attach(std::vector<share::descriptor> files) {
  if (files.size() != 1 && files.size() != 3) return refuse(share::attach_status::refused);
  auto routes = share::routes_map::open(files[0].get());
  if (!routes)
    return refuse(routes.error().code == errc::schema_mismatch ? share::attach_status::other_layout
                                                               : share::attach_status::no_memory);
  if (files.size() == 3) {
    auto first = share::segment::open(std::move(files[1]), std::move(files[2]), share::first_segment);
    if (!first) return refuse(share::attach_status::no_memory);
    segments_.push_back(*std::move(first));
  }
  state_ = state::attached;
  more_after_ = {};
  publish(std::make_shared<const attachment>(*std::move(routes), counters_generation_));
}

std::optional<counters_block> shared_transport::place(share::block_kind kind, route_key key, std::uint64_t count,
                                                      std::uint64_t bytes) {
  const auto name = balance::join(static_cast<std::uint32_t>(key.modid), static_cast<std::uint32_t>(key.cmdid));
  for (auto* const all : {&segments_, &local_segments_})
    for (auto one = all->rbegin(); one != all->rend(); ++one)
      if (auto* const block = one->add_block(kind, name, count, bytes))
        return counters_block{block, &one->number(), one->position_of(*block)};
  return std::nullopt;
}

std::optional<counters_block> shared_transport::add_block(share::block_kind kind, route_key key, std::uint64_t count,
                                                          std::uint64_t bytes, base::time_point deadline) {
  const auto hold = hold_until(deadline);
  if (!hold) return std::nullopt;
  if (question_) (void)receive_answer(base::clock::now());
  if (auto placed = place(kind, key, count, bytes)) return placed;
  const auto wanted = bytes + sizeof(share::block_header);
  bool silent = !has_agent();
  if (!silent) {
    auto now = base::clock::now();
    if (now >= deadline || now < more_after_) return std::nullopt;
    const auto until = std::min(deadline, now + answer_patience);
    bool told = false;
    while (state_ == state::attached && now < until) {
      if (!question_ && std::exchange(told, true)) break;
      if (!question_) send_question({.kind = share::attach_kind::more, .bytes = wanted}, now);
      if (question_) (void)wait_readable(socket_.get(), until);
      now = base::clock::now();
      if (question_) (void)receive_answer(now);
    }
    update_needs_repair();
    if (auto placed = place(kind, key, count, bytes)) return placed;
    silent = state_ != state::attached || question_;
  }
  if (!silent || !make_segment(wanted)) return std::nullopt;
  update_needs_repair();
  return place(kind, key, count, bytes);
}

bool shared_transport::has_agent() const {
  return state_ == state::attached && current_->is_alive(current_->rate.now(), current_->routes.beat());
}

// Makes a segment without an agent. Bounded, so that the next agent has room to adopt it.
bool shared_transport::make_segment(std::uint64_t bytes) {
  std::uint64_t own = 0;
  std::uint64_t given = 0;
  for (const auto& one : local_segments_) own += one.bytes();
  for (const auto& one : segments_) given += one.bytes();
  auto size = std::max(share::first_own_segment, own);
  while (size < bytes + sizeof(share::segment_header)) size *= 2;
  if (own + size > std::max(share::most_own_bytes, given) ||
      segments_.size() + local_segments_.size() >= share::most_segments)
    return false;
  auto made = share::segment::make(size);
  if (!made) return false;
  local_segments_.push_back(*std::move(made));
  return true;
}

// REQUIRES: attached, no question open.
bool shared_transport::send_question(share::attach_message question, base::time_point now, std::span<const int> files) {
  question.ticket = ++last_ticket_;
  if (!share::send_message(socket_.get(), question, files)) {
    disconnect(now);
    return false;
  }
  question_ = {question.kind, question.ticket, now, files.size()};
  return true;
}

void shared_transport::offer_segments(base::time_point now) {
  std::vector<int> files;
  for (const auto& one : local_segments_) files.push_back(one.counters_file());
  send_question({.kind = share::attach_kind::bring}, now, files);
}

// The answer to the open question, where it has arrived. REQUIRES: attached, a question is open.
std::optional<share::attach_status> shared_transport::receive_answer(base::time_point now) {
  share::attach_message answer;
  std::vector<share::descriptor> files;
  const auto what = share::receive_message(socket_.get(), answer, files);
  if (what == share::received::nothing) {
    if (now - question_->asked > longest_answer) disconnect(now);
    return std::nullopt;
  }
  if (what != share::received::message || answer.ticket != question_->ticket) {
    disconnect(now);
    return std::nullopt;
  }
  if (question_->kind == share::attach_kind::more)
    on_room(answer.status, answer.bytes, std::move(files));
  else if (question_->kind == share::attach_kind::bring)
    on_adopted(answer.status, std::move(files));
  question_.reset();
  return answer.status;
}

void shared_transport::on_room(share::attach_status status, std::uint64_t bytes, std::vector<share::descriptor> files) {
  const auto now = base::clock::now();
  // Calls without counters go over UDP meanwhile. If each asked first they would wait for one another.
  if (status != share::attach_status::ok || files.size() != 2) {
    more_after_ = now + refused_pause;
    return;
  }
  auto more = share::segment::open(std::move(files[0]), std::move(files[1]), bytes);
  // The agent has numbered a segment that we could not map: only a new connection makes both sides agree.
  if (!more) return disconnect(now);
  more->number() = static_cast<std::uint32_t>(segments_.size());
  segments_.push_back(*std::move(more));
}

// The agent's checkpoints make our segments ordinary ones. Where it has no room for them, their calls are lost.
void shared_transport::on_adopted(share::attach_status status, std::vector<share::descriptor> files) {
  if (status != share::attach_status::ok || files.size() != question_->segments) {
    abandon(local_segments_);
    return disconnect(base::clock::now());
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    local_segments_[i].adopt(std::move(files[i]));
    local_segments_[i].number() = static_cast<std::uint32_t>(segments_.size());
    segments_.push_back(std::move(local_segments_[i]));
  }
  local_segments_.erase(local_segments_.begin(), local_segments_.begin() + static_cast<std::ptrdiff_t>(files.size()));
}

std::optional<share::attach_status> shared_transport::want(route_key key, base::time_point deadline) {
  const auto hold = hold_until(deadline);
  if (!hold) return std::nullopt;
  std::uint64_t ticket = 0;
  for (auto now = base::clock::now(); now < deadline && has_agent(); now = base::clock::now()) {
    if (!question_ && send_question({.kind = share::attach_kind::want, .modid = key.modid, .cmdid = key.cmdid}, now))
      ticket = question_->ticket;
    if (!question_) break;
    (void)wait_readable(socket_.get(), deadline);
    const bool ours = question_->ticket == ticket;
    const auto said = receive_answer(base::clock::now());
    if (said && ours) {
      update_needs_repair();
      return said;
    }
  }
  update_needs_repair();
  return std::nullopt;
}

void shared_transport::leave_to_parent() {
  socket_.reset();
  segments_.clear();
  local_segments_.clear();
  abandoned_segments_.clear();
}

}  // namespace lars::client
