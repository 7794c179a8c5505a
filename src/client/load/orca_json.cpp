#include "client/load/orca_json.hpp"

#include <optional>

#include "client/load/orca_number.hpp"

namespace lars::client {
namespace {

constexpr int most_depth = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// A cursor in a text. Each function consumes what it is named after, or returns false.
class json_cursor {
public:
  explicit json_cursor(std::string_view text) : rest_(text) {}

  bool at_end() {
    skip_blanks();
    return rest_.empty();
  }

  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool next_is(char wanted) {
    skip_blanks();
    return !rest_.empty() && rest_.front() == wanted;
  }

  // `inside` is the text between the quotes, escapes included.
  bool take_string(std::string_view& inside) {
    if (!take('"')) return false;
    std::size_t at = 0;
    while (at < rest_.size() && rest_[at] != '"') {
      if (static_cast<unsigned char>(rest_[at]) < 0x20) return false;
      const auto size = rest_[at] == '\\' ? escape_size(at) : 1;
      if (size == 0) return false;
      at += size;
    }
    if (at >= rest_.size()) return false;
    inside = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return true;
  }

  bool take_number(std::string_view& digits) {
    skip_blanks();
    std::size_t at = 0;
    if (peek(at) == '-') ++at;
    if (peek(at) == '0')
      ++at;
    else if (!skip_digits(at))
      return false;
    if (peek(at) == '.' && !skip_digits(++at)) return false;
    if (peek(at) == 'e' || peek(at) == 'E') {
      ++at;
      if (peek(at) == '+' || peek(at) == '-') ++at;
      if (!skip_digits(at)) return false;
    }
    digits = rest_.substr(0, at);
    rest_.remove_prefix(at);
    return true;
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

private:
  void skip_blanks() {
    while (!rest_.empty() && std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }

  char peek(std::size_t at) const { return at < rest_.size() ? rest_[at] : '\0'; }

  bool skip_digits(std::size_t& at) const {
    const auto first = at;
    while (is_digit(peek(at))) ++at;
    return at > first;
  }

  // The length of the escape that begins here; 0 where it is malformed.
  std::size_t escape_size(std::size_t at) const {
    const char kind = peek(at + 1);
    if (kind != 'u') return kind != '\0' && std::string_view("\"\\/bfnrt").find(kind) != std::string_view::npos ? 2 : 0;
    for (std::size_t i = 2; i < 6; ++i)
      if (!is_hex(peek(at + i))) return 0;
    return 6;
  }

  std::string_view rest_;
};

bool skip_value(json_cursor& in, int depth);

// An object; member(name) consumes the value of each member.
template <class Member>
bool take_object(json_cursor& in, Member member) {
  if (!in.take('{')) return false;
  if (in.take('}')) return true;
  do {
    std::string_view name;
    if (!in.take_string(name) || !in.take(':') || !member(name)) return false;
  } while (in.take(','));
  return in.take('}');
}

bool skip_array(json_cursor& in, int depth) {
  if (!in.take('[')) return false;
  if (in.take(']')) return true;
  do {
    if (!skip_value(in, depth)) return false;
  } while (in.take(','));
  return in.take(']');
}

// Any value, which is ignored.
bool skip_value(json_cursor& in, int depth) {
  if (depth == most_depth) return false;
  std::string_view ignored;
  if (in.next_is('{')) return take_object(in, [&](std::string_view) { return skip_value(in, depth + 1); });
  if (in.next_is('[')) return skip_array(in, depth + 1);
  if (in.next_is('"')) return in.take_string(ignored);
  return in.take_word("true") || in.take_word("false") || in.take_word("null") || in.take_number(ignored);
}

// A number, perhaps in quotes. `null` is protobuf's default, 0.
std::optional<double> take_metric(json_cursor& in) {
  if (in.take_word("null")) return 0;
  std::string_view digits;
  if (!(in.next_is('"') ? in.take_string(digits) : in.take_number(digits))) return std::nullopt;
  return orca_number(digits);
}

bool take_named_metrics(json_cursor& in, orca_fields& out) {
  return take_object(in, [&](std::string_view name) {
    const auto value = take_metric(in);
    return value && out.set_named_metric(name, *value);
  });
}

bool take_member(json_cursor& in, std::string_view name, orca_fields& out) {
  if ((name == "named_metrics" || name == "namedMetrics") && in.next_is('{')) return take_named_metrics(in, out);
  if (!orca_fields::knows(name)) return skip_value(in, 1);
  const auto value = take_metric(in);
  return value && out.set(name, *value);
}

}  // namespace

bool parse_orca_json(std::string_view text, orca_fields& out) {
  json_cursor in(text);
  return take_object(in, [&](std::string_view name) { return take_member(in, name, out); }) && in.at_end();
}

}  // namespace lars::client
