#include "cli/command.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "base/utf8.hpp"
#include "catalog/host_fields.hpp"
#include "cli/command_spec.hpp"

namespace lars::cli {
namespace {

std::vector<command_spec> all_commands() {
  std::vector<command_spec> all;
  for (auto family : {route_commands, module_commands, agent_commands, explain_commands, simulate_commands,
                      status_commands, migrate_commands})
    std::ranges::move(family(), std::back_inserter(all));
  return all;
}

std::string first_word(const std::string& name) { return name.substr(0, name.find(' ')); }

bool asks_for_help(const std::vector<std::string>& args) {
  const auto end = std::ranges::find(args, "--");
  return std::any_of(args.begin(), end, [](const auto& arg) { return arg == "--help" || arg == "-h"; });
}

void print_options(const std::vector<option_spec>& options, std::ostream& out) {
  for (const auto& option : options)
    out << "  " << std::left << std::setw(26)
        << ("--" + option.name + (option.values.empty() ? "" : " ") + option.values) << ' ' << option.meaning << '\n';
}

void print_command_help(const command_spec& command, std::ostream& out) {
  out << "lars " << command.name << ' ' << command.usage << "\n  " << command.summary << '\n';
  print_options(command.options, out);
  out << command.details;
}

int refuse(const environment& env, const command_spec& command, const std::string& why) {
  env.err << "lars " << command.name << ": " << why << "\nusage: lars " << command.name << ' ' << command.usage << '\n';
  return exit_usage;
}

// The positional argument that is number `index` in a usage line: "HOST:PORT" is number 2 of "M C HOST:PORT [--zone
// Z]".
std::string missing_argument(const std::string& usage, std::size_t index) {
  std::istringstream words(usage);
  std::string word;
  for (std::size_t i = 0; i <= index; ++i) words >> word;
  return word;
}

int run_one(const command_spec& command, const std::vector<std::string>& args, const environment& env) {
  if (asks_for_help(args)) {
    print_command_help(command, env.out);
    return exit_done;
  }
  const auto parsed = arguments::parse(args, command.options);
  if (!parsed) return refuse(env, command, parsed.error().detail);
  const auto& given = parsed->positional();
  if (given.size() < command.least_positional)
    return refuse(env, command, "missing argument " + missing_argument(command.usage, given.size()));
  if (given.size() > command.most_positional)
    return refuse(env, command, "unexpected argument '" + given[command.most_positional] + "'");
  return command.run(*parsed, env);
}

// Prints the usage of all commands with this first word, if the second word is missing or unknown.
int refuse_family(const std::string& family, const std::vector<std::string>& args, const environment& env) {
  const bool help = asks_for_help(args);
  std::ostream& to = help ? env.out : env.err;
  if (!help && !args.empty()) env.err << "lars " << family << ": unknown command '" << args.front() << "'\n";
  to << "usage:\n";
  for (const auto& command : all_commands())
    if (first_word(command.name) == family) to << "  lars " << command.name << ' ' << command.usage << '\n';
  return help ? exit_done : exit_usage;
}

}  // namespace

bool knows(const std::string& command) {
  return std::ranges::any_of(all_commands(), [&](const auto& known) { return first_word(known.name) == command; });
}

int run(const std::string& command, const std::vector<std::string>& args, const environment& env) {
  const auto all = all_commands();
  if (const auto found = std::ranges::find(all, command, &command_spec::name); found != all.end())
    return run_one(*found, args, env);
  if (args.empty()) return refuse_family(command, args, env);
  const auto found = std::ranges::find(all, command + ' ' + args.front(), &command_spec::name);
  if (found == all.end()) return refuse_family(command, args, env);
  return run_one(*found, {args.begin() + 1, args.end()}, env);
}

void print_help(std::ostream& out) {
  for (const auto& command : all_commands())
    out << "  " << std::left << std::setw(14) << command.name << ' ' << command.summary << '\n';
}

option_spec format_option() { return {"format", "table|json|csv", "output format"}; }

result<row_format> format_of(const arguments& args, row_format otherwise) {
  const auto text = args.value("format");
  return text ? parse_format(*text) : result<row_format>(otherwise);
}

int fail(const environment& env, const lars::error& failure) {
  // Escape it, because it may contain text from a database or a peer.
  env.err << "lars: " << base::printable(failure.code == errc::invalid_argument ? failure.detail : failure.text())
          << '\n';
  switch (failure.code) {
    case errc::invalid_argument:
      return exit_usage;
    case errc::not_found:
    case errc::no_such_module:
      return exit_not_found;
    case errc::schema_mismatch:
      return exit_bad_configuration;
    default:
      return exit_failed;
  }
}

result<std::optional<route_key>> module_of(const arguments& args) {
  const auto& text = args.positional();
  if (text.empty()) return std::optional<route_key>();
  if (text.size() == 1) return {errc::invalid_argument, "missing argument C: a module is two numbers, modid and cmdid"};
  const auto key = catalog::parse_key(text[0], text[1]);
  if (!key) return key.error();
  return std::optional(*key);
}

}  // namespace lars::cli
