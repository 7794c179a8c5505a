#include "http/path_pattern.hpp"

#include <algorithm>
#include <stdexcept>

#include "http/url.hpp"

namespace lars::http {
namespace {

bool is_plain_name(const std::string& segment) {
  return segment.find('/') == std::string::npos && segment != "." && segment != "..";
}

}  // namespace

path_pattern::path_pattern(std::string_view text) {
  const auto segments = text.starts_with('/') ? path_segments(text) : std::nullopt;
  if (!segments) throw std::logic_error("not a path pattern: " + std::string(text));
  for (const auto& segment : *segments) {
    if (!parts_.empty() && parts_.back().is == kind::rest)
      throw std::logic_error("{...} is not at the end: " + std::string(text));
    parts_.push_back(read_part(segment));
  }
}

path_pattern::part path_pattern::read_part(const std::string& segment) {
  if (!segment.starts_with('{') || !segment.ends_with('}')) return {kind::text, segment};
  auto name = segment.substr(1, segment.size() - 2);
  const bool rest = name.ends_with("...");
  if (rest) name.resize(name.size() - 3);
  return {rest ? kind::rest : kind::parameter, name};
}

std::optional<std::vector<named_text>> path_pattern::match(const std::vector<std::string>& segments) const {
  std::vector<named_text> found;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const auto& [is, text] = parts_[i];
    if (is == kind::rest) {
      std::string joined;
      for (auto at = i; at < segments.size(); ++at) {
        if (!is_plain_name(segments[at])) return std::nullopt;
        joined += (at == i ? "" : "/") + segments[at];
      }
      found.emplace_back(text, joined);
      return found;
    }
    if (i >= segments.size()) return std::nullopt;
    if (is == kind::text ? segments[i] != text : segments[i].empty()) return std::nullopt;
    if (is == kind::parameter) found.emplace_back(text, segments[i]);
  }
  if (segments.size() != parts_.size()) return std::nullopt;
  return found;
}

std::strong_ordering path_pattern::operator<=>(const path_pattern& other) const {
  return std::lexicographical_compare_three_way(
      parts_.begin(), parts_.end(), other.parts_.begin(), other.parts_.end(), [](const part& a, const part& b) {
        if (a.is != b.is) return a.is <=> b.is;
        return a.is == kind::text ? a.text <=> b.text : std::strong_ordering::equal;
      });
}

}  // namespace lars::http
