#include "client/shared_door.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <thread>
#include <utility>

namespace lars::client {
namespace {

using namespace std::chrono_literals;
constexpr auto step_pause = 100ms;      // between two looks for an agent
constexpr auto refused_pause = 1000ms;  // after one that said no
constexpr auto greet_patience = 1000ms;
constexpr auto lock_pause = 1ms;

void wait_readable(int socket, base::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - base::clock::now()).count();
  pollfd wanted{socket, POLLIN, 0};
  if (left > 0) ::poll(&wanted, 1, static_cast<int>(left));
}

// The agent's end of the connection is gone. It never says anything unasked.
bool is_closed(int socket) {
  pollfd wanted{socket, POLLIN, 0};
  return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & (POLLIN | POLLHUP | POLLERR)) != 0;
}

}  // namespace

// Room for all segments at once: a fork's child finds the vector whole, whatever a thread of its parent was doing to
// it.
shared_door::shared_door(std::string directory) : directory_(std::move(directory)) {
  segments_.reserve(share::most_segments);
}

shared_door::~shared_door() {
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
}

std::shared_ptr<const attachment> shared_door::current() const {
  const std::lock_guard hold(current_lock_);
  return current_;
}

void shared_door::publish(std::shared_ptr<const attachment> next) {
  {
    const std::lock_guard hold(current_lock_);
    current_.swap(next);
  }
  generation_.fetch_add(1, std::memory_order_release);
}

void shared_door::open(std::chrono::milliseconds patience) {
  if (directory_.empty()) return;
  const std::lock_guard hold(lock_);
  const auto until = base::clock::now() + patience;
  step(base::clock::now());
  while (state_ == state::greeting && base::clock::now() < until) {
    wait_readable(socket_.get(), until);
    step(base::clock::now());
  }
}

// Whoever holds it may wait for the agent. Not a timed mutex: ThreadSanitizer takes its steady clock for no lock at
// all.
std::unique_lock<std::mutex> shared_door::hold_until(base::time_point deadline) {
  std::unique_lock hold(lock_, std::try_to_lock);
  while (!hold && base::clock::now() < deadline) {
    std::this_thread::sleep_for(lock_pause);
    (void)hold.try_lock();
  }
  return hold;
}

void shared_door::mend() {
  if (directory_.empty()) return;
  const auto now = base::clock::now();
  auto due = next_step_.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < due) return;
  const auto next = (now + step_pause).time_since_epoch().count();
  if (!next_step_.compare_exchange_strong(due, next, std::memory_order_relaxed)) return;
  const std::unique_lock hold(lock_, std::try_to_lock);
  if (hold) step(now);
}

void shared_door::step(base::time_point now) {
  // An agent that stands still, as in a debugger, is still the agent.
  if (state_ == state::attached && (current_->routes.ended() || is_closed(socket_.get()))) part(now);
  if (state_ == state::apart) greet(now);
  if (state_ == state::greeting) hear(now);
}

void shared_door::part(base::time_point retry) {
  // Of this process's children none speaks to that agent in our name.
  if (socket_) ::shutdown(socket_.get(), SHUT_RDWR);
  socket_.reset();
  state_ = state::apart;
  apart_.store(true, std::memory_order_relaxed);
  next_step_.store(retry.time_since_epoch().count(), std::memory_order_relaxed);
}

void shared_door::greet(base::time_point now) {
  auto socket = share::connect_to(directory_);
  if (!socket) return part(now + step_pause);
  std::vector<int> files;
  for (const auto& one : segments_) {
    files.push_back(one.counters_file());
    files.push_back(one.ledger_file());
  }
  if (!share::send_message(socket->get(), {.kind = share::attach_kind::hello}, files)) return part(now + step_pause);
  socket_ = *std::move(socket);
  greeted_ = now;
  state_ = state::greeting;
}

void shared_door::hear(base::time_point now) {
  share::attach_message welcome;
  std::vector<share::descriptor> files;
  switch (share::receive_message(socket_.get(), welcome, files)) {
    case share::received::nothing:
      if (now - greeted_ > greet_patience) part(now + step_pause);
      return;
    case share::received::closed:
    case share::received::rubbish:
      return part(now + step_pause);
    case share::received::message:
      break;
  }
  refusal_.store(welcome.status, std::memory_order_relaxed);
  if (welcome.kind == share::attach_kind::welcome && welcome.status == share::attach_status::ok)
    return attach(std::move(files));
  if (welcome.status != share::attach_status::refused || segments_.empty()) return refuse(welcome.status);
  // It wants none of our counters: new ones, then.
  left_segments_.push_back(std::exchange(segments_, {}));
  segments_.reserve(share::most_segments);
  ++counters_;
  part(now);
}

// An agent is there and serves us over UDP alone: what one before it left is not to be picked from any more.
void shared_door::refuse(share::attach_status why) {
  refusal_.store(why, std::memory_order_relaxed);
  part(base::clock::now() + refused_pause);
  if (current_) publish(nullptr);
}

void shared_door::attach(std::vector<share::descriptor> files) {
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
  apart_.store(false, std::memory_order_relaxed);
  more_after_ = {};
  publish(std::make_shared<const attachment>(*std::move(routes), counters_));
}

std::optional<counters_block> shared_door::place(share::block_kind kind, route_key key, std::uint64_t count,
                                                 std::uint64_t bytes) {
  const auto name = balance::join(static_cast<std::uint32_t>(key.modid), static_cast<std::uint32_t>(key.cmdid));
  for (std::size_t i = segments_.size(); i-- > 0;)
    if (auto* const block = segments_[i].add_block(kind, name, count, bytes))
      return counters_block{block, static_cast<std::uint32_t>(i), segments_[i].position_of(*block)};
  return std::nullopt;
}

std::optional<counters_block> shared_door::add_block(share::block_kind kind, route_key key, std::uint64_t count,
                                                     std::uint64_t bytes, base::time_point deadline) {
  const auto hold = hold_until(deadline);
  if (!hold) return std::nullopt;
  if (auto placed = place(kind, key, count, bytes)) return placed;
  if (base::clock::now() < more_after_) return std::nullopt;
  share::attach_message question{.kind = share::attach_kind::more, .bytes = bytes + sizeof(share::block_header)};
  std::vector<share::descriptor> files;
  const auto answer = ask(question, deadline, files);
  if (!answer) return std::nullopt;
  if (answer->status != share::attach_status::ok || files.size() != 2) {
    // Calls that find no counters go over UDP; that each of them asked first would make them wait for one another.
    more_after_ = base::clock::now() + refused_pause;
    return std::nullopt;
  }
  auto more = share::segment::open(std::move(files[0]), std::move(files[1]), answer->bytes);
  if (!more) {
    // The agent counts a segment that we do not have: only a new start makes both agree again.
    part(base::clock::now());
    return std::nullopt;
  }
  segments_.push_back(*std::move(more));
  return place(kind, key, count, bytes);
}

std::optional<share::attach_status> shared_door::want(route_key key, base::time_point deadline) {
  const auto hold = hold_until(deadline);
  if (!hold) return std::nullopt;
  std::vector<share::descriptor> none;
  const auto answer = ask({.kind = share::attach_kind::want, .modid = key.modid, .cmdid = key.cmdid}, deadline, none);
  return answer ? std::optional(answer->status) : std::nullopt;
}

std::optional<share::attach_message> shared_door::ask(share::attach_message question, base::time_point deadline,
                                                      std::vector<share::descriptor>& files) {
  if (base::clock::now() >= deadline) return std::nullopt;
  if (state_ != state::attached || !current_->is_alive(current_->rate.now(), current_->routes.beat()))
    return std::nullopt;
  question.ticket = ++last_ticket_;
  bool sent = share::send_message(socket_.get(), question);
  while (sent && base::clock::now() < deadline) {
    share::attach_message answer;
    files.clear();
    const auto what = share::receive_message(socket_.get(), answer, files);
    if (what == share::received::message && answer.ticket == question.ticket) return answer;
    if (what == share::received::closed || what == share::received::rubbish) break;
    if (what == share::received::nothing) wait_readable(socket_.get(), deadline);
  }
  // What is answered too late, or never, would leave the two of us with different views of our segments.
  part(base::clock::now());
  return std::nullopt;
}

void shared_door::leave_to_parent() {
  socket_.reset();
  segments_.clear();
  left_segments_.clear();
}

}  // namespace lars::client
