#include "agent/results/status_loop.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <map>
#include <utility>

#include "agent/results/batch_age.hpp"
#include "agent/results/status_merge.hpp"
#include "log/log.hpp"
#include "net/as_result.hpp"
#include "net/fence.hpp"

namespace lars::agent {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

using net::as_result;
constexpr std::size_t window_bytes = 1u << 20;  // sent and not acknowledged
constexpr auto last_patience = 1s;              // for acknowledgements at the end
constexpr auto silent_delivery = 5s;            // after so long what was written to an old reporter counts as delivered
constexpr auto old_interval = 900ms;            // between what an old reporter is told; within last_patience
constexpr auto retry_interval = 1s;

base::agent_id random_agent(base::random_source& random) {
  const auto first = random();
  return base::agent_id::from_draws(first, random());
}

}  // namespace

status_loop::status_loop(asio::io_context& context, const agent_config& config, const service_index& modules,
                         call_counters& counters, net::blocking_pool& pool)
    : config_(config),
      modules_(modules),
      counters_(counters),
      pool_(pool),
      spool_(config.state_dir / "status", config.spool_bytes, stats_),
      outbox_(window_bytes),
      link_(context, *this, {"reporter", true, config.moves}),
      random_(base::random_source::from_system()),
      tick_(context),
      wake_timer_(context),
      agent_(random_agent(random_)) {}

result<void> status_loop::open() {
  auto opened = spool_.open(agent_, counters_, base::moment_now());
  failing_ = opened && !spool_.ready();
  if (failing_) ++stats_.failures;
  stats_.counters_in_memory = counters_.in_memory() ? 1 : 0;
  return opened;
}

asio::awaitable<void> status_loop::run(std::string identity) {
  co_await (net::keep_running("talking to a reporter", [&] { return link_.run(config_.reporters, identity); }) &&
            net::keep_running("collecting results", [&] { return run_ticks(); }) &&
            net::keep_running("keeping results on disk", [&] { return run_files(); }));
}

void status_loop::stop() {
  stopping_ = true;
  tick_.cancel();
}

asio::awaitable<void> status_loop::run_ticks() {
  auto next = base::clock::now();
  while (!stopping_) {
    // A machine that slept does not make up for the ticks it missed, and one that came early is the one that was due.
    const auto now = base::clock::now();
    next = std::max(std::min(next, now) + config_.report_interval, now);
    tick_.expires_at(next);
    co_await tick_.async_wait(as_result);
    if (!stopping_) drain();
    ask_again(base::clock::now());
    if (link_.peer() == peer_kind::old) release(outbox_.take_delivered(base::clock::now() - silent_delivery));
    wake();
  }
  co_await finish();
}

// Drains what was counted last, once the drain before is on disk, and waits for its way to the reporter.
asio::awaitable<void> status_loop::finish() {
  const auto until = base::clock::now() + last_patience;
  bool last = false;
  while (base::clock::now() < until && !failing_) {
    if (!drained_ && last && (stats_.waiting == 0 || !link_.connected())) break;
    if (!drained_ && !std::exchange(last, true)) drain();
    wake();
    tick_.expires_after(5ms);
    co_await tick_.async_wait(as_result);
  }
  finished_ = true;
  link_.stop();
  wake();
}

// All work on files, one step after the other.
asio::awaitable<void> status_loop::run_files() {
  while (!finished_) {
    const auto retry = failing_ ? base::clock::now() + retry_interval : base::time_point::max();
    co_await spool_drained();
    co_await rename_forgotten();
    co_await release_and_read();
    link_.pump();
    if (finished_ || (!failing_ && (drained_ || !released_.empty() || !forgotten_.empty()))) continue;
    wake_timer_.expires_at(retry);
    co_await wake_timer_.async_wait(as_result);
  }
  co_await pool_.run([this] { spool_.close(); });
  log::info("agent.status_stopped", {{"batches", stats_.batches.load()},
                                     {"acknowledged", stats_.acknowledged.load()},
                                     {"resent", stats_.resent.load()},
                                     {"merged", stats_.merged.load()},
                                     {"failures", stats_.failures.load()},
                                     {"waiting", stats_.waiting.load()}});
}

// Takes what every module counted since the last time. Nothing while the last drain is not spooled yet: the counters
// go on counting.
void status_loop::drain() {
  if (drained_) return;
  const auto now = base::moment_now();
  counters_.begin(now);
  std::vector<proto::call_result> results;
  modules_.for_each([&](service_state& one) {
    results.clear();
    one.drain(counters_.drain_bank(), results, pending_rows_);
    if (results.empty()) return;
    proto::status_report report;
    report.key = one.key();
    report.ts = static_cast<std::uint32_t>(now.unix_seconds);
    report.counted = now.boot;
    for (const auto& result : results) append_result(report.results, result);
    for (auto& piece : split_report(std::move(report))) pending_.push_back(std::move(piece));
  });
  drain_retired(now);
  drained_ = true;
  stats_.counters_in_memory = counters_.in_memory() ? 1 : 0;
}

// Hosts that left their module since: their calls count all the same.
void status_loop::drain_retired(const base::moment& now) {
  std::map<route_key, proto::status_report> reports;
  for (const auto& [name, row] : counters_.retired()) {
    const auto& bank = row->banks[counters_.drain_bank()];
    if (bank.empty()) continue;
    auto& report = reports[row->key()];
    report.key = row->key();
    report.ts = static_cast<std::uint32_t>(now.unix_seconds);
    report.counted = now.boot;
    const auto delta = bank.sums();
    append_result(report.results, {row->where(), static_cast<std::uint32_t>(delta.succ),
                                   static_cast<std::uint32_t>(delta.err), false, delta});
    pending_rows_.push_back(row);
  }
  for (auto& [key, report] : reports)
    for (auto& piece : split_report(std::move(report))) pending_.push_back(std::move(piece));
}

asio::awaitable<void> status_loop::spool_drained() {
  if (!drained_) co_return;
  result<void> appended;
  if (!pending_.empty() || !spool_.ready())
    appended = co_await pool_.run([this] { return spool_.append(pending_, {counters_.drain_tick(), false}); });
  note_append(appended);
  if (!appended) co_return;
  counters_.finish(pending_rows_);
  pending_.clear();
  pending_rows_.clear();
  drained_ = false;
}

void status_loop::note_append(const result<void>& outcome) {
  if (!outcome) {
    ++stats_.failures;
    if (!failing_) log::error("agent.spool_failed", {{"reason", outcome.error().text()}});
  } else if (failing_) {
    log::info("agent.spool_recovered");
  }
  failing_ = !outcome.has_value();
}

asio::awaitable<void> status_loop::release_and_read() {
  const auto released = std::exchange(released_, {});
  const std::size_t room = outbox_.room();
  auto more = co_await pool_.run([this, &released, room] {
    for (const auto& [agent, seq] : released) spool_.release(agent, seq);
    return room > 0 ? spool_.read_on(room) : std::vector<spooled_batch>();
  });
  if (!more) {
    log::error("agent.spool_unreadable", {{"reason", more.error().text()}});
    co_return;
  }
  for (auto& one : *more) outbox_.add(std::move(one));
}

// The database of reporters before 0.4 was put back to an earlier state. What is pending goes under a new name, from 1
// on; what the database has forgotten is gone with it.
asio::awaitable<void> status_loop::rename_forgotten() {
  for (const auto& agent : std::exchange(forgotten_, {})) {
    const auto becomes = random_agent(random_);
    outbox_.drop(agent);
    // Either way it comes from the spool again.
    const auto renamed = co_await pool_.run([this, &agent, &becomes] { return spool_.rename_agent(agent, becomes); });
    log::warn("agent.reporter_forgot",
              {{"agent", agent.hex()}, {"becomes", becomes.hex()}, {"done", renamed.has_value()}});
    if (renamed && agent == agent_) {
      agent_ = becomes;
      counters_.rename_agent(becomes);
    }
  }
}

void status_loop::on_connected(endpoint local) {
  local_ = local;
  told_as_old_ = false;
  outbox_.restart();
  stats_.resent = outbox_.resent();
}

std::string status_loop::take_requests(std::size_t limit) {
  switch (link_.peer()) {
    case peer_kind::unknown:
      break;
    case peer_kind::current:
      return requests_for_current(limit);
    case peer_kind::old:
      return requests_for_old();
  }
  return {};
}

std::string status_loop::requests_for_current(std::size_t limit) {
  // It took its time to say so, and what it was told meanwhile lacks the increments.
  if (std::exchange(told_as_old_, false)) outbox_.restart();
  std::string frames;
  const auto now = base::clock::now();
  const auto sending = base::moment_now();
  base::agent_id agent;
  std::uint64_t acked = 0;
  while (frames.size() < limit) {
    const auto* const next = outbox_.next(now);
    if (next == nullptr) break;
    if (std::exchange(agent, next->agent) != next->agent) acked = outbox_.acknowledged(next->agent);
    auto report = read_report(next->frame);
    if (!report) continue;
    report->caller = local_.ip;
    report->agent = next->agent;
    report->seq = next->seq;
    report->age_ms = age_ms(*report, sending);
    report->acked = acked;
    report->counted = {};
    report->features = proto::our_features;
    frames += proto::encode(*report);
  }
  return frames;
}

// All that is pending, as an agent already in the field would tell it. Seldom enough that a second message of a module
// does not catch up with the first on the threads of such a reporter.
std::string status_loop::requests_for_old() {
  std::string frames;
  std::vector<proto::status_report> reports;
  const auto now = base::clock::now();
  if (now < next_for_old_) return frames;
  while (const auto* const next = outbox_.next(now))
    if (auto report = read_report(next->frame)) reports.push_back(*std::move(report));
  if (reports.empty()) return frames;
  told_as_old_ = true;
  next_for_old_ = now + old_interval;
  for (auto& report : newest_status(std::move(reports))) {
    report.caller = local_.ip;
    frames += proto::encode(report);
  }
  return frames;
}

bool status_loop::on_frame(const proto::frame& frame) {
  if (frame.id != static_cast<std::int32_t>(proto::message_id::report_status_response)) return true;
  proto::status_answer answer;
  if (!proto::decode(frame.body, answer)) return false;
  if (answer.resend) {
    if (!outbox_.on_resend(answer.agent, answer.seq) && doubted_.note(answer.agent, base::clock::now()))
      forgotten_.push_back(answer.agent);
    stats_.resent = outbox_.resent();
  } else {
    release(outbox_.on_committed(answer.agent, answer.seq));
  }
  wake();
  return true;
}

void status_loop::ask_again(base::time_point now) {
  if (!doubted_.due(now)) return;
  outbox_.restart();
  stats_.resent = outbox_.resent();
}

void status_loop::release(const std::optional<report_progress>& done) {
  if (done) {
    doubted_.clear(done->agent);
    released_.push_back(*done);
  }
  stats_.acknowledged = outbox_.done();
}

}  // namespace lars::agent
