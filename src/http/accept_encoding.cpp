#include "http/accept_encoding.hpp"

#include <algorithm>
#include <string>

namespace lars::http {
namespace {

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// "q=0.5" as 500; what is no weight as 0.
int weight_of(std::string_view text) {
  if (!text.starts_with("q=") && !text.starts_with("Q=")) return 0;
  text.remove_prefix(2);
  if (text.starts_with('1')) return 1000;
  if (!text.starts_with("0.")) return 0;
  int weight = 0;
  for (std::size_t i = 2; i < 5; ++i) {
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return 0;
    weight = weight * 10 + (digit - '0');
  }
  return weight;
}

}  // namespace

int encoding_weight(std::string_view field, std::string_view coding) {
  int others = 0;
  while (!field.empty()) {
    const auto end = std::min(field.find(','), field.size());
    const auto item = field.substr(0, end);
    field.remove_prefix(std::min(end + 1, field.size()));
    const auto semicolon = std::min(item.find(';'), item.size());
    const int weight = semicolon == item.size() ? 1000 : weight_of(trimmed(item.substr(semicolon + 1)));
    const auto name = lower_case(trimmed(item.substr(0, semicolon)));
    if (name == coding) return weight;
    if (name == "*") others = weight;
  }
  return others;
}

}  // namespace lars::http
