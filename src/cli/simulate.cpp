#include <algorithm>
#include <map>

#include "base/endpoint.hpp"
#include "cli/command_spec.hpp"
#include "cli/fault_plan.hpp"
#include "cli/turn_watch.hpp"
#include "cli/values.hpp"
#include "client/udp_door.hpp"

namespace lars::cli {
namespace {

struct settings {
  route_key key;
  std::uint64_t calls = 0;
  std::uint32_t error_rate = 0;
  std::vector<std::pair<endpoint, std::uint32_t>> failing;
  row_format format = row_format::table;
};

// What a caller saw of one host.
struct tally {
  std::int64_t succ = 0;
  std::int64_t err = 0;
};

struct outcome {
  std::map<endpoint, tally> hosts;
  std::uint64_t overloaded = 0;  // asks answered with no host
  result<void> end;              // why it ended early
};

result<std::pair<endpoint, std::uint32_t>> parse_failing(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) return {errc::invalid_argument, "'" + text + "' is not IP:PORT=K"};
  const auto where = base::parse_endpoint(std::string_view(text).substr(0, equals));
  if (!where) return where.error();
  const auto share = parse_number<std::uint32_t>(std::string_view(text).substr(equals + 1), "K", 0, 10);
  if (!share) return share.error();
  return std::pair{*where, *share};
}

result<settings> settings_of(const arguments& args) {
  settings wanted;
  const auto key = parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return key.error();
  wanted.key = *key;
  const auto calls = parse_number<std::uint64_t>(args.value("calls").value_or("1000"), "calls", 1, 1'000'000'000);
  if (!calls) return calls.error();
  wanted.calls = *calls;
  const auto rate = parse_number<std::uint32_t>(args.value("error-rate").value_or("0"), "error-rate", 0, 10);
  if (!rate) return rate.error();
  wanted.error_rate = *rate;
  for (const auto& text : args.values("fail")) {
    const auto failing = parse_failing(text);
    if (!failing) return failing.error();
    wanted.failing.push_back(*failing);
  }
  const auto format = format_of(args, row_format::table);
  if (!format) return format.error();
  wanted.format = *format;
  return wanted;
}

outcome play(const settings& wanted, client::udp_door& door, turn_watch& watch) {
  outcome seen;
  fault_plan faults(wanted.error_rate);
  for (const auto& [where, share] : wanted.failing) faults.fail(where, share);
  for (std::uint64_t i = 0; i < wanted.calls; ++i) {
    const auto given = door.get_host(wanted.key);
    if (!given && given.error().code != errc::overloaded) {
      seen.end = given.error();
      return seen;
    }
    watch.asked(given ? std::optional(given->where) : std::nullopt, base::clock::now());
    if (!given) {
      ++seen.overloaded;
      continue;
    }
    const bool failed = faults.next(given->where);
    ++(failed ? seen.hosts[given->where].err : seen.hosts[given->where].succ);
    if (auto sent = door.report(wanted.key, given->where, failed ? 1 : 0, 0, given->call_id); !sent) {
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

void print(const settings& wanted, const outcome& seen, const turn_watch& watch, base::time_point start,
           std::ostream& out) {
  row_writer writer(wanted.format, {"ip", "port", "calls", "succ", "err", "isolated_at_ms", "returned_at_ms"}, out);
  for (const auto& [where, counts] : seen.hosts) {
    const auto history = watch.of(where);
    writer.add({base::format_ipv4(where.ip), std::int64_t{where.port}, counts.succ + counts.err, counts.succ,
                counts.err, milliseconds_from(start, history.first_isolated_at),
                milliseconds_from(start, history.first_returned_at)});
  }
  writer.finish();
}

int end_code(const environment& env, const lars::error& failure) {
  env.err << "lars: "
          << (failure.code == errc::timeout ? "the agent at " + base::format_endpoint(env.agent) + " does not answer"
                                            : failure.text())
          << '\n';
  return failure.code == errc::no_such_module ? exit_not_found : exit_failed;
}

int simulate(const arguments& args, const environment& env) {
  const auto wanted = settings_of(args);
  if (!wanted) return fail(env, wanted.error());
  auto door = client::udp_door::open({env.agent, {}});
  if (!door) return fail(env, door.error());
  const auto hosts = door->get_route(wanted->key);
  if (!hosts) return end_code(env, hosts.error());
  for (const auto& [where, share] : wanted->failing)
    if (std::ranges::count(*hosts, where) == 0)
      return fail(env, {errc::not_found, base::format_endpoint(where) + " is no host of the module"});
  const auto start = base::clock::now();
  turn_watch watch(*hosts, start);
  auto seen = play(*wanted, *door, watch);
  for (const auto& where : *hosts) seen.hosts.try_emplace(where);
  print(*wanted, seen, watch, start, env.out);
  if (seen.overloaded > 0)
    env.err << "lars: " << seen.overloaded << " of " << wanted->calls << " asks: every host is overloaded\n";
  if (!watch.can_tell())
    env.err << "lars: more than 10 hosts: probes are as frequent as turns, so isolation is not visible in picks\n";
  return seen.end ? exit_done : end_code(env, seen.end.error());
}

}  // namespace

std::vector<command_spec> simulate_commands() {
  return {{"simulate",
           "M C [--calls N] [--error-rate K] [--fail IP:PORT=K]... [--format F]",
           "be a caller: ask the agent for hosts, report results, show what came of it",
           2,
           2,
           {{"calls", "N", "how many calls, usually 1000"},
            {"error-rate", "K", "this many of every ten calls to each host fail"},
            {"fail", "IP:PORT=K", "the same for this host alone; repeatable", true},
            format_option()},
           simulate,
           "No host is really called. isolated_at_ms and returned_at_ms are the first times, from the start, at which\n"
           "a host lost its turn and got it back, as the caller saw it: a host in its turn is given once in about n\n"
           "asks (n = number of hosts), an isolated one as a probe, once in about eleven. Three distances in a row\n"
           "between its picks that are nearer to the second (over sqrt(11 n) asks), or 33 asks without it, are\n"
           "isolation, from its last pick in turn on; three in a row nearer to the first are its return, from the\n"
           "first of them on. With more than ten hosts the two cannot be told apart and both stay empty.\n"}};
}

}  // namespace lars::cli
