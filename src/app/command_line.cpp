#include "app/command_line.hpp"

#include <algorithm>
#include <boost/program_options.hpp>

namespace lars::app {
namespace {

namespace po = boost::program_options;

// No short options, so that a negative number is not parsed as one, and no abbreviations.
constexpr int style = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                      po::command_line_style::long_allow_next;

po::options_description flags(bool with_role) {
  po::options_description all;
  auto add = all.add_options();
  add("config", po::value<std::string>());
  add("set", po::value<std::vector<std::string>>()->composing());
  if (with_role) add("role", po::value<std::string>());
  return all;
}

template <class T>
std::optional<T> value_of(const po::variables_map& values, const char* name) {
  if (values.count(name) == 0) return std::nullopt;
  return values[name].as<T>();
}

bool remove_flag(std::vector<std::string>& args, const char* flag) { return std::erase(args, flag) > 0; }

}  // namespace

setting_sources command_line::sources(std::vector<role_kind> roles) const {
  return {{}, config, process_environment(), sets, std::move(roles)};
}

result<command_line> parse_command_line(const std::vector<std::string>& args) {
  command_line line;
  auto begin = args.begin();
  if (begin != args.end() && !begin->starts_with("-")) line.command = *begin++;
  // Arguments after a lone "--" are passed to the command unchanged.
  const auto end = std::find(begin, args.end(), "--");

  try {
    const bool with_role = line.command.empty() || line.command == "check-config";
    const po::options_description known = flags(with_role);  // the parsed options point to it
    const po::parsed_options parsed = po::command_line_parser(std::vector<std::string>(begin, end))
                                          .options(known)
                                          .style(style)
                                          .allow_unregistered()
                                          .run();
    po::variables_map values;
    po::store(parsed, values);
    line.config = value_of<std::string>(values, "config");
    line.role = value_of<std::string>(values, "role");
    line.sets = value_of<std::vector<std::string>>(values, "set").value_or(std::vector<std::string>{});
    line.rest = po::collect_unrecognized(parsed.options, po::include_positional);
  } catch (const po::error& failure) {
    return {errc::invalid_argument, failure.what()};
  }
  line.help = std::ranges::find(line.rest, "--help") != line.rest.end();
  if (line.command.empty()) {
    remove_flag(line.rest, "--help");
    line.version = remove_flag(line.rest, "--version");
    if (!line.rest.empty()) return {errc::invalid_argument, "unknown option '" + line.rest.front() + "'"};
  }
  line.rest.insert(line.rest.end(), end, args.end());
  return line;
}

}  // namespace lars::app
