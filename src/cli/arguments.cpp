#include "cli/arguments.hpp"

#include <algorithm>
#include <boost/make_shared.hpp>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <sstream>

namespace lars::cli {
namespace {

namespace po = boost::program_options;

// Boost has no option semantic for "exactly N values".
class exactly : public po::value_semantic {
public:
  explicit exactly(unsigned count) : count_(count) {}
  std::string name() const override { return {}; }
  unsigned min_tokens() const override { return count_; }
  unsigned max_tokens() const override { return count_; }
  bool is_composing() const override { return false; }
  bool is_required() const override { return false; }
  void parse(boost::any&, const std::vector<std::string>&, bool) const override {}
  bool apply_default(boost::any&) const override { return false; }
  void notify(const boost::any&) const override {}

private:
  const unsigned count_;
};

// No short options, so that -1 is a number.
constexpr int long_options_alone = po::command_line_style::allow_long | po::command_line_style::long_allow_adjacent |
                                   po::command_line_style::long_allow_next;

}  // namespace

std::size_t option_spec::value_count() const {
  std::istringstream words(values);
  std::string word;
  std::size_t count = 0;
  while (words >> word) ++count;
  return count;
}

result<arguments> arguments::parse(const std::vector<std::string>& args, std::span<const option_spec> options) {
  po::options_description known;
  for (const auto& option : options)
    known.add(boost::make_shared<po::option_description>(
        option.name.c_str(), new exactly(static_cast<unsigned>(option.value_count())), option.meaning.c_str()));
  arguments parsed;
  try {
    bool pairs = false;  // following NAME=VALUE words belong to the last option
    for (auto& found : po::command_line_parser(args).options(known).style(long_options_alone).run().options) {
      if (!found.string_key.empty()) {
        parsed.given_.push_back({found.string_key, found.value});
        pairs = std::ranges::find(options, found.string_key, &option_spec::name)->takes_pairs;
        continue;
      }
      for (auto& word : found.value) {
        pairs = pairs && word.find('=') != std::string::npos;
        (pairs ? parsed.given_.back().values : parsed.positional_).push_back(std::move(word));
      }
    }
  } catch (const po::error& refusal) {
    return {errc::invalid_argument, refusal.what()};
  }
  for (const auto& option : options) {
    const auto times = std::ranges::count(parsed.given_, option.name, &given::name);
    if (times > 1 && !option.repeatable)
      return {errc::invalid_argument, "--" + option.name + " is given more than once"};
  }
  return parsed;
}

bool arguments::has(const std::string& name) const { return std::ranges::count(given_, name, &given::name) > 0; }

std::optional<std::string> arguments::value(const std::string& name) const {
  const auto all = values(name);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::vector<std::string> arguments::values(const std::string& name) const {
  std::vector<std::string> all;
  for (const auto& option : given_)
    if (option.name == name) all.insert(all.end(), option.values.begin(), option.values.end());
  return all;
}

}  // namespace lars::cli
