#include <array>
#include <boost/json.hpp>
#include <cmath>
#include <cstdio>

#include "base/endpoint.hpp"
#include "base/utf8.hpp"
#include "catalog/host_fields.hpp"
#include "cli/agent_explanation.hpp"
#include "cli/command_spec.hpp"

namespace lars::cli {
namespace {

namespace json = boost::json;

// --- for people ------------------------------------------------------------------------------------------------------

// About three significant digits, without an exponent: 0.25, 17.1, 1830.
std::string shown(double value) {
  std::array<char, 48> digits;
  const double size = std::abs(value);
  const int places = size >= 100 || value == std::floor(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  if (size > 1e15) return "huge";
  std::snprintf(digits.data(), digits.size(), "%.*f", places, value);
  return digits.data();
}

std::string number_text(const json::object& answer, const char* name, double unit = 1) {
  const auto value = number_of(answer, name);
  return value ? shown(*value * unit) : std::string();
}

std::string headline(const json::object& answer) {
  std::string line = "policy " + std::string(text_of(answer, "policy"));
  const auto mode = text_of(answer, "mode");
  if (!mode.empty()) line += ", mode " + std::string(mode);
  const auto* const parameters = answer.if_contains("parameters");
  if (parameters != nullptr && parameters->is_object())
    for (const auto& [name, value] : parameters->get_object())
      if (value.is_string())
        line += ' ' + std::string(name) + '=' + std::string(value.get_string().data(), value.get_string().size());
  return line;
}

std::string second_line(const json::object& answer) {
  std::string line = number_text(answer, "idle") + " idle, " + number_text(answer, "overloaded") + " overloaded, " +
                     number_text(answer, "reporting") + " reporting load of " + number_text(answer, "members") +
                     " hosts";
  if (number_of(answer, "median_ms")) line += "; median latency " + number_text(answer, "median_ms") + " ms";
  if (number_of(answer, "to_probe")) line += "; picks until the next trial: " + number_text(answer, "to_probe");
  if (number_of(answer, "none").value_or(0) > 0) line += "; no host: " + number_text(answer, "none", 100) + " %";
  if (!is_set(answer, "callers_report")) line += "; callers do not report, so calls in flight are not known";
  return line;
}

// Empty if the module has no subset size. Agents of older releases do not send the fields.
std::string subset_line(const json::object& answer) {
  if (number_of(answer, "subset_size").value_or(0) <= 0) return {};
  const double members = number_of(answer, "members").value_or(0);
  const double resting = members - number_of(answer, "idle").value_or(0) - number_of(answer, "overloaded").value_or(0);
  std::string line = "subset " + number_text(answer, "subset_size") + ": this agent uses " +
                     number_text(answer, "members") + " of the module's " + number_text(answer, "route_hosts") +
                     " hosts";
  if (resting > 0) line += ", " + shown(resting) + " of which get no calls";
  return line + '\n';
}

const std::vector<std::string>& host_columns() {
  static const std::vector<std::string> columns{
      "ip",          "port",  "state",      "weight",     "zone",          "verdict",     "failures", "successes",
      "out_because", "calls", "latency_ms", "draw_share", "failure_calls", "load_weight", "score",    "chance"};
  return columns;
}

std::vector<cell> host_cells(const json::object& host) {
  std::vector<cell> cells;
  for (const auto& name : host_columns()) {
    const auto number = number_of(host, name.c_str());
    cells.push_back(number ? shown(*number) : std::string(text_of(host, name.c_str())));
  }
  if (is_set(host, "awaited")) cells[cells.size() - 2] = std::string("awaits an answer");
  return cells;
}

row_shade shade_of(const json::object& host) {
  if (is_set(host, "in")) return row_shade::plain;
  return text_of(host, "out_because") == "overloaded" ? row_shade::alarm : row_shade::warning;
}

void print(const agent_explanation& explanation, row_format format, const environment& env) {
  if (format == row_format::json) {
    env.out << shown_json(explanation.body);
    return;
  }
  if (format == row_format::table)
    env.out << base::printable(headline(explanation.content)) << '\n'
            << second_line(explanation.content) << '\n'
            << subset_line(explanation.content);
  row_writer writer(format, host_columns(), env.out, env.colours);
  std::size_t shown_hosts = 0;
  if (const auto* const hosts = explanation.content.at("hosts").if_array())
    for (const auto& host : *hosts) {
      if (!host.is_object()) continue;
      writer.add(host_cells(host.get_object()), shade_of(host.get_object()));
      ++shown_hosts;
    }
  writer.finish();
  if (number_of(explanation.content, "members").value_or(0) > static_cast<double>(shown_hosts))
    env.err << "lars: only the first " << shown_hosts << " hosts are shown\n";
}

int explain_module(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto key = catalog::parse_key(args.positional()[0], args.positional()[1]);
  if (!key) return fail(env, key.error());
  const auto explanation = ask_explanation(env.agent_http, *key);
  if (!explanation) return fail(env, explanation.error());
  print(*explanation, *format, env);
  if (args.has("key"))
    env.err << "lars: --key has no effect with policy " << text_of(explanation->content, "policy") << '\n';
  return exit_done;
}

}  // namespace

std::vector<command_spec> explain_commands() {
  return {
      {"explain",
       "M C [--key K] [--format F]",
       "explain how the agent picks the next host",
       2,
       2,
       {{"key", "K", "key of the call; only hash policies use it, and there are none yet"}, format_option()},
       explain_module,
       "Asks the agent on this machine over HTTP ([http] ip and port). The columns of a host: what its route says;\n"
       "its verdict and the calls that decided it (failures, successes); why it gets no calls (out_because); calls in\n"
       "flight; smoothed latency; its share of draws; calls that recent failures count as (p2c, failure_calls); the\n"
       "weight that follows reported load; the score that the policy compares, lower is better; and its chance to be\n"
       "picked next, in 1,000 test picks that are not counted. A policy that takes hosts in turn has one next host "
       "for\n"
       "callers over UDP; programs that share memory with the agent each take turns of their own.\n"
       "For a module with a subset size, one more line says how many of its hosts this agent uses.\n"
       "Exit code 1 = no agent answers, 3 = the agent has no route of the module.\n"}};
}

}  // namespace lars::cli
