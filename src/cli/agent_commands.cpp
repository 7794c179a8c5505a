#include <limits>

#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"
#include "cli/agent_silence.hpp"
#include "cli/command_spec.hpp"
#include "client/retcodes.hpp"
#include "client/udp_transport.hpp"

namespace lars::cli {
namespace {

// Longer than the deadline of a caller, so that an agent that was just started has time to get the route.
constexpr std::chrono::milliseconds deadline{2000};

result<client::udp_transport> open_transport(const environment& env) {
  client::udp_transport_config config;
  config.agent = env.agent;
  config.limits.deadline = deadline;
  return client::udp_transport::open(config);
}

std::string named(route_key key) { return "module " + std::to_string(key.modid) + ' ' + std::to_string(key.cmdid); }

// Prints why there is no host and returns the exit code, which follows the return code of the agent.
int explain(const environment& env, route_key key, const lars::error& failure) {
  const auto silence = agent_silence(env.agent, failure);
  env.err << "lars: " << (silence ? *silence : named(key) + ": " + failure.text()) << '\n';
  return failure.code == errc::no_such_module ? exit_not_found : exit_failed;
}

const std::vector<std::string>& answer_columns() {
  static const std::vector<std::string> columns{"modid", "cmdid", "retcode", "ip", "port"};
  return columns;
}

std::vector<cell> answer_cells(route_key key, const result<client::given_host>& answer) {
  std::vector<cell> row{std::int64_t{key.modid}, std::int64_t{key.cmdid}, std::int64_t{0}, {}, {}};
  if (!answer) {
    row[2] = std::int64_t{client::retcode_of(answer.error().code)};
  } else {
    row[3] = base::format_ipv4(answer->where.ip);
    row[4] = std::int64_t{answer->where.port};
  }
  return row;
}

int get_host(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto key = catalog::parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return fail(env, key.error());
  auto transport = open_transport(env);
  if (!transport) return fail(env, transport.error());
  const auto answer = transport->get_host(*key);
  if (*format == row_format::json) {
    write_json_object(answer_columns(), answer_cells(*key, answer), env.out);
  } else if (*format == row_format::csv) {
    row_writer writer(*format, answer_columns(), env.out);
    writer.add(answer_cells(*key, answer));
    writer.finish();
  } else if (answer) {
    env.out << base::format_endpoint(answer->where) << '\n';
  }
  return answer ? exit_done : explain(env, *key, answer.error());
}

int get_route(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto key = catalog::parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return fail(env, key.error());
  auto transport = open_transport(env);
  if (!transport) return fail(env, transport.error());
  const auto hosts = transport->get_route(*key);
  if (!hosts) return explain(env, *key, hosts.error());
  row_writer writer(*format, {"modid", "cmdid", "ip", "port"}, env.out);
  for (const auto& where : *hosts)
    writer.add(
        {std::int64_t{key->modid}, std::int64_t{key->cmdid}, base::format_ipv4(where.ip), std::int64_t{where.port}});
  writer.finish();
  return exit_done;
}

int report(const arguments& args, const environment& env) {
  using limits = std::numeric_limits<std::int32_t>;
  const auto& text = args.positional();
  const auto key = catalog::parse_key(text[0], text[1]);
  if (!key) return fail(env, key.error());
  const auto where = catalog::parse_host(text[2]);
  if (!where) return fail(env, where.error());
  const auto retcode = catalog::parse_bounded<std::int32_t>(text[3], "retcode", limits::min(), limits::max());
  if (!retcode) return fail(env, retcode.error());
  auto transport = open_transport(env);
  if (!transport) return fail(env, transport.error());
  auto sent = transport->report(*key, *where, *retcode);
  if (sent) sent = transport->check_delivery();
  return sent ? exit_done : explain(env, *key, sent.error());
}

}  // namespace

std::vector<command_spec> agent_commands() {
  return {
      {"get-host",
       "M C [--format F]",
       "ask the agent for the host to call next",
       2,
       2,
       {format_option()},
       get_host,
       "Prints IP:PORT. Exit code 0 = a host, 1 = every host is ejected or the agent cannot answer, 3 = no such\n"
       "module.\n"},
      {"get-route",
       "M C [--format F]",
       "ask the agent for the hosts of a module",
       2,
       2,
       {format_option()},
       get_route,
       "For a module with a subset: only the hosts that this agent uses. lars route list shows all.\n"},
      {"report",
       "M C IP:PORT RETCODE",
       "report the result of a call to the agent; 0 = success",
       4,
       4,
       {},
       report,
       "The agent does not acknowledge reports. Exit code 0 means that the report was sent and that the port did not\n"
       "refuse it at once.\n"},
  };
}

}  // namespace lars::cli
