#include <algorithm>
#include <map>
#include <thread>

#include "base/clock.hpp"
#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"
#include "cli/agent_explanation.hpp"
#include "cli/agent_silence.hpp"
#include "cli/command_spec.hpp"
#include "cli/fault_plan.hpp"
#include "cli/isolation_watch.hpp"
#include "client/udp_transport.hpp"

namespace lars::cli {
namespace {

constexpr std::chrono::milliseconds poll_interval{50};
constexpr std::chrono::microseconds longest_pace{60'000'000};

struct settings {
  route_key key;
  std::chrono::microseconds pace{0};  // how long each call takes
  std::uint64_t calls = 0;
  std::uint32_t error_rate = 0;
  std::vector<std::pair<endpoint, std::uint32_t>> failing;
  row_format format = row_format::table;
};

// The calls to one host.
struct tally {
  std::int64_t succ = 0;
  std::int64_t err = 0;
};

struct outcome {
  std::map<endpoint, tally> hosts;
  std::uint64_t overloaded = 0;  // picks without a host because all are ejected
  result<void> end;              // error if it ended early
};

result<std::pair<endpoint, std::uint32_t>> parse_failing(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return base::not_allowed("fail", text, "IP:PORT=K");
  const auto where = catalog::parse_host(std::string_view(text).substr(0, equals));
  if (!where) return where.error();
  const auto share = catalog::parse_bounded<std::uint32_t>(std::string_view(text).substr(equals + 1), "K", 0, 10);
  if (!share) return share.error();
  return std::pair{*where, *share};
}

// "6ms", "500us", "1s" or "0".
result<std::chrono::microseconds> parse_pace(const std::string& text) {
  const auto refusal = base::not_allowed("pace", text, "0, or a number with us, ms or s, at most 60s");
  if (text == "0") return std::chrono::microseconds(0);
  constexpr std::pair<std::string_view, std::int64_t> units[] = {{"us", 1}, {"ms", 1000}, {"s", 1'000'000}};
  for (const auto& [unit, us] : units) {
    if (!text.ends_with(unit)) continue;
    const auto digits = std::string_view(text).substr(0, text.size() - unit.size());
    const auto count = catalog::parse_bounded<std::int64_t>(digits, "pace", 0, longest_pace.count() / us);
    return count ? result<std::chrono::microseconds>(std::chrono::microseconds(*count * us)) : refusal;
  }
  return refusal;
}

result<settings> settings_of(const arguments& args) {
  settings options;
  const auto key = catalog::parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return key.error();
  options.key = *key;
  const auto calls =
      catalog::parse_bounded<std::uint64_t>(args.value("calls").value_or("1000"), "calls", 1, 1'000'000'000);
  if (!calls) return calls.error();
  options.calls = *calls;
  const auto pace = parse_pace(args.value("pace").value_or("6ms"));
  if (!pace) return pace.error();
  options.pace = *pace;
  const auto rate = catalog::parse_bounded<std::uint32_t>(args.value("error-rate").value_or("0"), "error-rate", 0, 10);
  if (!rate) return rate.error();
  options.error_rate = *rate;
  for (const auto& text : args.values("fail")) {
    const auto failing = parse_failing(text);
    if (!failing) return failing.error();
    options.failing.push_back(*failing);
  }
  const auto format = format_of(args, row_format::table);
  if (!format) return format.error();
  options.format = *format;
  return options;
}

// Polls the agent over HTTP for the hosts that it isolates. Stops after the first failed request.
class agent_watch {
public:
  agent_watch(const environment& env, route_key key) : env_(env), key_(key) {}

  void poll_if_due() {
    if (base::clock::now() >= next_poll_) poll();
  }

  void poll() {
    if (failed_) return;
    const auto explanation = ask_explanation(env_.agent_http, key_);
    failed_ = !explanation;
    if (failed_) return;
    const auto now = base::clock::now();
    next_poll_ = now + poll_interval;
    seen_.saw(isolated_hosts(explanation->content), now);
  }

  bool knows() const { return seen_.knows() && !failed_; }
  isolation_watch::history of(endpoint where) const { return seen_.of(where); }

private:
  const environment& env_;
  const route_key key_;
  isolation_watch seen_;
  base::time_point next_poll_{};
  bool failed_ = false;
};

outcome play(const settings& options, client::udp_transport& transport, agent_watch& watch) {
  outcome seen;
  fault_plan faults(options.error_rate);
  for (const auto& [where, share] : options.failing) faults.fail(where, share);
  for (std::uint64_t i = 0; i < options.calls; ++i) {
    watch.poll_if_due();  // between calls, so that it does not lengthen a call
    const auto given = transport.get_host(options.key);
    if (!given && given.error().code != errc::overloaded) {
      seen.end = given.error();
      return seen;
    }
    if (options.pace.count() > 0) std::this_thread::sleep_for(options.pace);  // the call itself
    if (!given) {
      ++seen.overloaded;
      continue;
    }
    const bool failed = faults.next(given->where);
    ++(failed ? seen.hosts[given->where].err : seen.hosts[given->where].succ);
    if (auto sent = transport.report(options.key, given->where, failed ? 1 : 0, 0, given->call_id); !sent) {
      seen.end = sent.error();
      return seen;
    }
  }
  return seen;
}

cell milliseconds_from(base::time_point start, std::optional<base::time_point> at) {
  if (!at) return {};
  return std::int64_t{std::chrono::duration_cast<std::chrono::milliseconds>(*at - start).count()};
}

void print(const settings& options, const outcome& seen, const agent_watch& watch, base::time_point start,
           std::ostream& out) {
  row_writer writer(options.format, {"ip", "port", "calls", "succ", "err", "isolated_at_ms", "returned_at_ms"}, out);
  for (const auto& [where, counts] : seen.hosts) {
    const auto history = watch.of(where);
    writer.add({base::format_ipv4(where.ip), std::int64_t{where.port}, counts.succ + counts.err, counts.succ,
                counts.err, milliseconds_from(start, history.first_isolated_at),
                milliseconds_from(start, history.first_returned_at)});
  }
  writer.finish();
}

int end_code(const environment& env, const lars::error& failure) {
  env.err << "lars: " << agent_silence(env.agent, failure).value_or(failure.text()) << '\n';
  return failure.code == errc::no_such_module ? exit_not_found : exit_failed;
}

int simulate(const arguments& args, const environment& env) {
  const auto options = settings_of(args);
  if (!options) return fail(env, options.error());
  auto transport = client::udp_transport::open({env.agent, {}});
  if (!transport) return fail(env, transport.error());
  const auto hosts = transport->get_route(options->key);
  if (!hosts) return end_code(env, hosts.error());
  for (const auto& [where, share] : options->failing)
    if (std::ranges::count(*hosts, where) == 0)
      return fail(env, {errc::not_found, base::format_endpoint(where) + " is not a host of the module"});
  const auto start = base::clock::now();
  agent_watch watch(env, options->key);
  auto seen = play(*options, *transport, watch);
  watch.poll();
  for (const auto& where : *hosts) seen.hosts.try_emplace(where);
  print(*options, seen, watch, start, env.out);
  if (seen.overloaded > 0)
    env.err << "lars: " << seen.overloaded << " of " << options->calls
            << " picks failed because every host was ejected\n";
  if (!watch.knows())
    env.err << "lars: isolated hosts are not known: no agent answers HTTP; name its [http] port with --config or --set "
               "http.port=\n";
  return seen.end ? exit_done : end_code(env, seen.end.error());
}

}  // namespace

std::vector<command_spec> simulate_commands() {
  return {
      {"simulate",
       "M C [--calls N] [--pace T] [--error-rate K] [--fail IP:PORT=K]... [--format F]",
       "simulate a caller: pick hosts, report results, print a summary",
       2,
       2,
       {{"calls", "N", "number of calls, default 1000"},
        {"pace", "T", "duration of each call: 500us, 6ms, 1s; default 6ms; 0 = none"},
        {"error-rate", "K", "K of every ten calls to each host fail"},
        {"fail", "IP:PORT=K", "K of every ten calls to this host fail; repeatable", true},
        format_option()},
       simulate,
       "Calls no host: the command sleeps for the duration of each call, one call after the other. With --pace 0 the\n"
       "latencies differ only by microseconds of noise, which policies that compare latency (p2c) would follow.\n"
       "isolated_at_ms and returned_at_ms: when the agent on this machine first said over HTTP ([http] ip and port)\n"
       "that it isolates the host, and first said that it no longer does, in ms from the start; asked 20 times a\n"
       "second. Empty if the agent never said so or does not answer.\n"}};
}

}  // namespace lars::cli
