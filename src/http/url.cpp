#include "http/url.hpp"

#include <algorithm>
#include <charconv>

#include "base/utf8.hpp"

namespace lars::http {
namespace {

// Decodes the two digits after '%'.
std::optional<char> escaped(std::string_view digits) {
  unsigned char byte = 0;
  const auto* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, byte, 16);
  if (digits.size() != 2 || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return static_cast<char>(byte);
}

bool is_text(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;
  while (!text.empty())
    if (!base::take_code_point(text)) return false;
  return true;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (auto mark = text.find('%'); mark != std::string_view::npos; mark = text.find('%')) {
    out += text.substr(0, mark);
    const auto byte = escaped(text.substr(mark + 1, 2));
    if (!byte) return std::nullopt;
    out += *byte;
    text.remove_prefix(mark + 3);
  }
  out += text;
  if (!is_text(out)) return std::nullopt;
  return out;
}

std::optional<std::vector<std::string>> path_segments(std::string_view path) {
  std::vector<std::string> segments;
  for (const auto part : split(path.substr(1), '/')) {
    auto segment = percent_decode(part);
    if (!segment) return std::nullopt;
    segments.push_back(*std::move(segment));
  }
  return segments;
}

std::optional<std::vector<named_text>> query_parameters(std::string_view query) {
  std::vector<named_text> parameters;
  for (const auto part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = std::min(part.find('='), part.size());
    auto name = form_decode(part.substr(0, equals));
    auto value = form_decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    parameters.emplace_back(*std::move(name), *std::move(value));
  }
  return parameters;
}

}  // namespace lars::http
