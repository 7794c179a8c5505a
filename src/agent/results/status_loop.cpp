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
constexpr std::size_t window_bytes = 1u << 20;  // of unacknowledged batches
constexpr auto last_patience = 1s;              // wait for acknowledgements at the end
constexpr auto silent_delivery = 5s;            // batches sent to an old reporter count as delivered after this time
constexpr auto old_interval = 900ms;            // between two sends to an old reporter; less than last_patience
constexpr auto retry_interval = 1s;

base::agent_id random_agent(base::random_source& random) {
  const auto first = random();
  return base::agent_id::from_draws(first, random());
}

}  // namespace

status_loop::status_loop(const agent_io& io, const agent_config& config, const service_index& modules,
                         call_counters& counters)
    : config_(config),
      modules_(modules),
      counters_(counters),
      files_(io.files),
      spool_(config.state_dir / "status", config.spool_bytes, stats_),
      outbox_(window_bytes),
      link_(io.context, *this, {"reporter", true, config.moves}, io.network),
      random_(base::random_source::from_system()),
      tick_(io.context),
      wake_timer_(io.context),
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
    // After a suspend, skip the missed ticks. A tick that runs early counts as the one that was due.
    const auto now = base::clock::now();
    next = std::max(std::min(next, now) + config_.report_interval, now);
    tick_.expires_at(next);
    co_await tick_.async_wait(as_result);
    if (!stopping_) drain();
    resend_doubted(base::clock::now());
    if (link_.peer() == peer_kind::old) release(outbox_.pop_delivered(base::clock::now() - silent_delivery));
    wake();
  }
  co_await finish();
}

// Drains the last counts once the previous drain is on disk, then waits until the reporter acknowledges them.
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

// Does all file work, one step after the other.
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
  co_await files_.run([this] { spool_.close(); });
  log::info("agent.status_stopped", {{"batches", stats_.batches.load()},
                                     {"acknowledged", stats_.acknowledged.load()},
                                     {"resent", stats_.resent.load()},
                                     {"merged", stats_.merged.load()},
                                     {"failures", stats_.failures.load()},
                                     {"waiting", stats_.waiting.load()}});
}

// Collects the counts of every module since the last drain. Does nothing while the last drain is not spooled; the
// counters keep counting.
void status_loop::drain() {
  if (drained_) return;
  const auto now = base::moment_now();
  counters_.begin_drain(now);
  std::vector<proto::call_result> results;
  modules_.for_each([&](service_state& module) {
    results.clear();
    module.drain(counters_.drain_bank(), results, pending_rows_);
    if (results.empty()) return;
    proto::status_report report;
    report.key = module.key();
    report.ts = static_cast<std::uint32_t>(now.unix_seconds);
    report.counted = now.boot;
    for (const auto& result : results) append_result(report.results, result);
    for (auto& piece : split_report(std::move(report))) pending_.push_back(std::move(piece));
  });
  drain_retired(now);
  drained_ = true;
  stats_.counters_in_memory = counters_.in_memory() ? 1 : 0;
}

// Collects the counts of hosts that were removed from their module.
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
    appended = co_await files_.run([this] { return spool_.append(pending_, {counters_.drain_tick(), false}); });
  record_append(appended);
  if (!appended) co_return;
  counters_.finish_drain(pending_rows_);
  pending_.clear();
  pending_rows_.clear();
  drained_ = false;
}

void status_loop::record_append(const result<void>& outcome) {
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
  auto more = co_await files_.run([this, &released, room] {
    for (const auto& [agent, seq] : released) spool_.release(agent, seq);
    return room > 0 ? spool_.read_next(room) : std::vector<spooled_batch>();
  });
  if (!more) {
    log::error("agent.spool_unreadable", {{"reason", more.error().text()}});
    co_return;
  }
  for (auto& batch : *more) outbox_.add(std::move(batch));
}

// The database of reporters before 0.4 was restored to an earlier state. Sends the pending batches under a new id, from
// seq 1. Batches that the database lost are not sent again.
asio::awaitable<void> status_loop::rename_forgotten() {
  for (const auto& agent : std::exchange(forgotten_, {})) {
    const auto becomes = random_agent(random_);
    outbox_.drop(agent);
    // The spool returns the dropped batches again, even if renaming fails.
    const auto renamed = co_await files_.run([this, &agent, &becomes] { return spool_.rename_agent(agent, becomes); });
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
  sent_as_old_ = false;
  outbox_.restart();
  stats_.resent = outbox_.resent();
}

std::string status_loop::next_requests(std::size_t limit) {
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
  // The reporter announced itself late. Batches sent meanwhile in the old format lack the increments.
  if (std::exchange(sent_as_old_, false)) outbox_.restart();
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

// All pending batches in the format of old agents. Sends rarely enough that an old reporter, which has several threads,
// does not process a module's second message before the first.
std::string status_loop::requests_for_old() {
  std::string frames;
  std::vector<proto::status_report> reports;
  const auto now = base::clock::now();
  if (now < next_for_old_) return frames;
  while (const auto* const next = outbox_.next(now))
    if (auto report = read_report(next->frame)) reports.push_back(*std::move(report));
  if (reports.empty()) return frames;
  sent_as_old_ = true;
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
    if (!outbox_.on_resend(answer.agent, answer.seq) && doubted_.record(answer.agent, base::clock::now()))
      forgotten_.push_back(answer.agent);
    stats_.resent = outbox_.resent();
  } else {
    release(outbox_.on_committed(answer.agent, answer.seq));
  }
  wake();
  return true;
}

void status_loop::resend_doubted(base::time_point now) {
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
