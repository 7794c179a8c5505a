#include "http/etag.hpp"

#include <algorithm>

namespace lars::http {
namespace {

std::string_view without_weakness(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

// Removes the first tag of a list and returns it; empty at the end and at what is not a tag.
std::string_view take_tag(std::string_view& list) {
  list.remove_prefix(std::min(list.find_first_not_of(" \t,"), list.size()));
  const auto opened = without_weakness(list);
  const auto end = opened.starts_with('"') ? opened.find('"', 1) : std::string_view::npos;
  if (end == std::string_view::npos) return {};
  const auto size = list.size() - opened.size() + end + 1;
  const auto tag = list.substr(0, size);
  list.remove_prefix(size);
  return tag;
}

}  // namespace

bool if_none_match(std::string_view field, std::string_view tag) {
  if (field == "*") return true;
  for (auto each = take_tag(field); !each.empty(); each = take_tag(field))
    if (without_weakness(each) == without_weakness(tag)) return true;
  return false;
}

bool if_match(std::string_view field, std::string_view tag) {
  if (field == "*") return true;
  for (auto each = take_tag(field); !each.empty(); each = take_tag(field))
    if (each == tag && !each.starts_with("W/")) return true;
  return false;
}

}  // namespace lars::http
