// Helpers for the command lines of the measurements.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace lars::bench {

// The value of an option that is a number from `least` to `most`. Throws boost::program_options::error with the allowed
// range otherwise.
template <class T>
T within(const boost::program_options::variables_map& parsed, const char* name, T least, T most) {
  const T value = parsed[name].as<T>();
  if (value >= least && value <= most) return value;
  throw boost::program_options::error(std::string("--") + name + " must be from " + std::to_string(least) + " to " +
                                      std::to_string(most));
}

// True for --format json, false for table. Throws boost::program_options::error for anything else.
inline bool wants_json(const boost::program_options::variables_map& parsed) {
  const auto format = parsed["format"].as<std::string>();
  if (format != "table" && format != "json") throw boost::program_options::error("--format must be table or json");
  return format == "json";
}

// Parses options; words that are no option are refused. Throws boost::program_options::error.
inline boost::program_options::variables_map parse_options(
    const std::vector<std::string>& args, const boost::program_options::options_description& description) {
  boost::program_options::variables_map parsed;
  boost::program_options::store(
      boost::program_options::command_line_parser(args).options(description).positional({}).run(), parsed);
  return parsed;
}

}  // namespace lars::bench
