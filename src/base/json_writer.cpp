#include "base/json_writer.hpp"

#include <cmath>

#include "base/number.hpp"

namespace lars::base {

namespace {

std::string escaped(char control) {
  constexpr char digits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(control);
  switch (control) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
  }
}

}  // namespace

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      out += escaped(c);
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string json_number(double value) { return std::isfinite(value) ? format_number(value) : "null"; }

void json_object::put_json(std::string_view name, std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_.append(json_text(name)).append(":").append(json);
}

void json_array::add_json(std::string_view json) {
  if (text_.size() > 1) text_ += ',';
  text_ += json;
}

}  // namespace lars::base
