// What the measurements' command lines have in common.
#pragma once

#include <boost/program_options.hpp>
#include <string>
#include <vector>

namespace lars::bench {

// A number within its limits. Throws boost::program_options::error, as its library does, with what is allowed.
template <class T>
T within(const boost::program_options::variables_map& given, const char* name, T least, T most) {
  const T value = given[name].as<T>();
  if (value >= least && value <= most) return value;
  throw boost::program_options::error(std::string("--") + name + " is from " + std::to_string(least) + " to " +
                                      std::to_string(most));
}

// True for json, false for table; likewise.
inline bool wants_json(const boost::program_options::variables_map& given) {
  const auto format = given["format"].as<std::string>();
  if (format != "table" && format != "json") throw boost::program_options::error("--format is table or json");
  return format == "json";
}

// Options alone, no other words; likewise.
inline boost::program_options::variables_map parse_options(const std::vector<std::string>& args,
                                                           const boost::program_options::options_description& known) {
  boost::program_options::variables_map given;
  boost::program_options::store(boost::program_options::command_line_parser(args).options(known).positional({}).run(),
                                given);
  return given;
}

}  // namespace lars::bench
