#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"
#include "catalog/times.hpp"
#include "cli/command_spec.hpp"
#include "cli/database.hpp"
#include "cli/host_status.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli {
namespace {

constexpr std::int64_t default_span = 3600;
constexpr double fine_success_rate = 0.99;  // hosts below it are yellow

// Rounds to a multiple of 1 / parts, to hide meaningless digits.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

cell milliseconds(std::optional<double> us) { return us ? cell(rounded(*us / 1000, 1000)) : cell(); }

// --- status ----------------------------------------------------------------------------------------------------------

const std::vector<std::string>& status_columns() {
  static const std::vector<std::string> columns{"modid",       "cmdid",        "ip",         "port",
                                                "calls_per_s", "success_rate", "p50_ms",     "p99_ms",
                                                "isolated",    "told_by",      "last_seen_s"};
  return columns;
}

std::vector<cell> status_cells(const host_status& host, std::int64_t now) {
  return {std::int64_t{host.key.modid},
          std::int64_t{host.key.cmdid},
          base::format_ipv4(host.where.ip),
          std::int64_t{host.where.port},
          rounded(host.calls_per_second, 10),
          host.success_rate ? cell(rounded(*host.success_rate, 10000)) : cell(),
          milliseconds(host.p50_us),
          milliseconds(host.p99_us),
          static_cast<std::int64_t>(host.isolated_by),
          static_cast<std::int64_t>(host.told_by),
          std::max<std::int64_t>(0, now - host.last_seen)};
}

row_shade shade_of(const host_status& host) {
  if (host.isolated_by > 0) return row_shade::alarm;
  return host.success_rate.value_or(1) < fine_success_rate ? row_shade::warning : row_shade::plain;
}

struct status_picture {
  std::int64_t now = 0;
  std::vector<host_status> hosts;
  std::string rates_missing;  // why there are no rates; empty = there are
  std::uint64_t unreadable = 0;
};

result<status_picture> read_status(storage::status_reader& reader, std::optional<route_key> only) {
  const auto now = reader.now();
  if (!now) return now.error();
  const auto statuses = reader.statuses(only);
  if (!statuses) return statuses.error();
  // Include the step after now, because clocks of agents differ from that of the database.
  const auto history = reader.history(only, window_begin(*now), *now + storage::finest_step, storage::finest_step);
  const bool none = !history && history.error().code == errc::schema_mismatch;
  if (!history && !none) return history.error();
  const auto unreadable = reader.unreadable_statuses();
  if (!unreadable) return unreadable.error();
  return status_picture{*now, host_statuses(*statuses, none ? std::vector<storage::history_row>() : *history, *now),
                        none ? history.error().text() : std::string(), *unreadable};
}

void print_picture(const status_picture& seen, row_format format, const environment& env) {
  row_writer writer(format, status_columns(), env.out, env.colours);
  for (const auto& host : seen.hosts) writer.add(status_cells(host, seen.now), shade_of(host));
  writer.finish();
  if (!seen.rates_missing.empty()) env.err << "lars: no rates and latencies: " << seen.rates_missing << '\n';
  if (seen.unreadable > 0)
    env.err << "lars: " << seen.unreadable << " rows of ServerCallStatus are not numbers and are not shown\n";
}

// Waits for the interval. True if a stop signal arrived.
bool wait_or_stop(int signals, std::int64_t seconds) {
  pollfd event{signals, POLLIN, 0};
  return ::poll(&event, 1, static_cast<int>(seconds * 1000)) > 0;
}

int watch(storage::status_reader& reader, std::optional<route_key> only, row_format format, std::int64_t interval,
          const environment& env) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int signals = ::signalfd(-1, &set, SFD_CLOEXEC);
  int code = exit_done;
  do {
    const auto seen = read_status(reader, only);
    // Redraw in place on a terminal; otherwise append.
    if (env.colours) env.out << "\x1b[H\x1b[2J";
    if (seen && env.colours) env.out << catalog::format_time(seen->now) << '\n';
    if (seen) print_picture(*seen, format, env);
    code = seen ? exit_done : fail(env, seen.error());
    env.out.flush();
  } while (env.out && !wait_or_stop(signals, interval));
  ::close(signals);
  return code;
}

int status(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto only = module_of(args);
  if (!only) return fail(env, only.error());
  const auto interval = catalog::parse_bounded<std::int64_t>(args.value("interval").value_or("2"), "interval", 1, 3600);
  if (!interval) return fail(env, interval.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto reader = storage::open_status_reader(env.storage);
  if (args.has("watch")) return watch(*reader, *only, *format, *interval, env);
  const auto seen = read_status(*reader, *only);
  if (!seen) return fail(env, seen.error());
  if (*only && seen->hosts.empty()) return fail(env, {errc::not_found, "no agent reported calls of this module"});
  print_picture(*seen, *format, env);
  return exit_done;
}

// --- history ---------------------------------------------------------------------------------------------------------

const std::vector<std::string>& history_columns() {
  static const std::vector<std::string> columns{"time",   "step_s",       "ip",      "port",   "calls",
                                                "errors", "success_rate", "mean_ms", "p50_ms", "p99_ms"};
  return columns;
}

std::vector<cell> history_cells(const storage::history_row& row) {
  const auto& sums = row.sums;
  std::uint64_t timed = 0;
  for (const std::uint64_t calls : sums.latency) timed += calls;
  const auto ratio = [](std::uint64_t a, std::uint64_t b) { return static_cast<double>(a) / static_cast<double>(b); };
  return {catalog::format_time(row.bucket),
          std::int64_t{row.step},
          base::format_ipv4(row.where.ip),
          std::int64_t{row.where.port},
          static_cast<std::int64_t>(sums.calls()),
          static_cast<std::int64_t>(sums.err),
          sums.calls() > 0 ? cell(rounded(ratio(sums.succ, sums.calls()), 10000)) : cell(),
          timed > 0 ? cell(rounded(ratio(sums.latency_sum_us, timed) / 1000, 1000)) : cell(),
          milliseconds(base::latency_quantile_us(sums, 0.5)),
          milliseconds(base::latency_quantile_us(sums, 0.99))};
}

struct history_span {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::uint32_t step = 0;
};

result<history_span> span_of(const arguments& args, std::int64_t now) {
  const auto to = catalog::parse_time(args.value("to").value_or("now"), "to", now);
  if (!to) return to.error();
  const auto from = args.has("from") ? catalog::parse_time(*args.value("from"), "from", now)
                                     : result<std::int64_t>(*to - default_span);
  if (!from) return from.error();
  if (*from >= *to) return {errc::invalid_argument, "from is not before to", "from"};
  const auto step =
      args.has("step") ? catalog::parse_step(*args.value("step")) : result(catalog::fitting_step(*to - *from));
  if (!step) return step.error();
  return history_span{*from - *from % *step, *to, *step};
}

int history(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto key = catalog::parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return fail(env, key.error());
  if (const auto readable = span_of(args, 0); !readable && readable.error().detail != "from is not before to")
    return fail(env, readable.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto reader = storage::open_status_reader(env.storage);
  const auto now = reader->now();
  if (!now) return fail(env, now.error());
  const auto span = span_of(args, *now);
  if (!span) return fail(env, span.error());
  const auto rows = reader->history(*key, span->from, span->to, span->step);
  if (!rows) return fail(env, rows.error());
  if (rows->empty()) return fail(env, {errc::not_found, "no calls of this module in this period"});
  row_writer writer(*format, history_columns(), env.out);
  auto sorted = *rows;
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.bucket < b.bucket; });
  for (const auto& row : sorted) writer.add(history_cells(row));
  writer.finish();
  return exit_done;
}

}  // namespace

std::vector<command_spec> status_commands() {
  return {
      {"status",
       "[M C] [--watch] [--interval S] [--format F]",
       "show rate, success and latency of each host, as reported by agents",
       0,
       2,
       {{"watch", "", "repeat until Ctrl-C"},
        {"interval", "S", "seconds between two outputs, 1 to 3600, default 2"},
        format_option()},
       status,
       "Rates and latencies cover the last 20 to 30 seconds. isolated: number of agents that isolate the host; "
       "told_by:\n"
       "number of agents that reported on it in the last 5 minutes. On a terminal, a host that any agent isolates is\n"
       "red and one with less than 99 % success is yellow; NO_COLOR disables colours.\n"},
      {"history",
       "M C [--from T] [--to T] [--step S] [--format F]",
       "show the number, success and latency of calls to each host over time",
       2,
       2,
       {{"from", "T", "begin: now, -30m (s, m, h, d), Unix seconds, 2026-11-24T10:00:00Z; default -1h"},
        {"to", "T", "end, in the same form; default now"},
        {"step", "S", "10s, 1m or 1h; default: the finest that needs at most 120 rows per host"},
        format_option()},
       history,
       "Older data may be stored in a coarser step than requested and is shown in that step.\n"},
  };
}

}  // namespace lars::cli
