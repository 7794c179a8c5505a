#include "client/load/orca_text.hpp"

#include "client/load/orca_number.hpp"

namespace lars::client {
namespace {

constexpr std::string_view blanks_of_a_line = " \t";
constexpr std::string_view named_metric = "named_metrics.";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks_of_a_line);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks_of_a_line) - first + 1);
}

bool take_metric(std::string_view metric, orca_fields& out) {
  const auto separator = metric.find_first_of("=:");
  if (separator == std::string_view::npos) return false;
  const auto name = trimmed(metric.substr(0, separator));
  const auto value = orca_number(trimmed(metric.substr(separator + 1)));
  if (name.empty() || !value) return false;
  if (!name.starts_with(named_metric)) return out.set(name, *value);
  return name.size() > named_metric.size() && out.set_named_metric(name.substr(named_metric.size()), *value);
}

}  // namespace

bool parse_orca_text(std::string_view text, orca_fields& out) {
  while (true) {
    const auto comma = text.find(',');
    if (!take_metric(trimmed(text.substr(0, comma)), out)) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace lars::client
