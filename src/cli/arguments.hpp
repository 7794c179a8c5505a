// Parses the arguments of a command: positional arguments, which may be negative numbers, and --options.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lars::cli {

// An option of a command.
struct option_spec {
  std::string name;     // without the dashes
  std::string values;   // names of its values for help, separated by spaces; empty = no values
  std::string meaning;  // one line
  bool repeatable = false;
  bool takes_pairs = false;  // further NAME=VALUE words after its value are also its values

  std::size_t value_count() const;
};

// A parsed command line. Immutable after construction.
class arguments {
public:
  // Accepts long options only, as `--name value` or `--name=value`. All arguments after `--` are positional.
  // errc::invalid_argument for an unknown option, a repeated one or a missing value.
  static result<arguments> parse(const std::vector<std::string>& args, std::span<const option_spec> options);

  const std::vector<std::string>& positional() const { return positional_; }
  bool has(const std::string& name) const;

  // The value of an option with a single value; nullopt if it is not given.
  std::optional<std::string> value(const std::string& name) const;

  // Every value given to the option, in order.
  std::vector<std::string> values(const std::string& name) const;

private:
  struct given {
    std::string name;
    std::vector<std::string> values;
  };
  std::vector<std::string> positional_;
  std::vector<given> given_;
};

}  // namespace lars::cli
