// What follows a command's name: positional arguments, which may be negative numbers, and --options.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lars::cli {

// An option a command knows.
struct option_spec {
  std::string name;     // without the dashes
  std::string values;   // what is shown for its values in help, parted by spaces; empty = none taken
  std::string meaning;  // one line
  bool repeatable = false;
  bool takes_pairs = false;  // words NAME=VALUE that follow its value are values of it too

  std::size_t value_count() const;
};

// A command line taken apart. Immutable after construction.
class arguments {
public:
  // Long options alone, `--name value` or `--name=value`; after `--` everything is positional.
  // errc::invalid_argument for an unknown or repeated option, or a missing value.
  static result<arguments> parse(const std::vector<std::string>& args, std::span<const option_spec> options);

  const std::vector<std::string>& positional() const { return positional_; }
  bool has(const std::string& name) const;

  // The option's single value.
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
