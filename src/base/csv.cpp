#include "base/csv.hpp"

#include <algorithm>

namespace lars::base {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Removes a line break, LF or CRLF, from the front.
bool skip_break(std::string_view& text) {
  if (!text.starts_with('\n') && !text.starts_with("\r\n")) return false;
  text.remove_prefix(text.front() == '\r' ? 2 : 1);
  return true;
}

std::string_view without_mark(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  return text;
}

}  // namespace

lars::error at_line(std::size_t line, const std::string& what, const std::string& field) {
  return {errc::bad_message, "line " + std::to_string(line) + ": " + what, field};
}

csv_reader::csv_reader(std::string_view text, char delimiter) : rest_(without_mark(text)), delimiter_(delimiter) {}

result<bool> csv_reader::next(csv_record& out) {
  while (skip_break(rest_)) ++line_;
  if (rest_.empty()) return false;
  out.line = line_;
  out.fields.clear();
  while (true) {
    if (auto field = read_field(out.fields.emplace_back()); !field) return field.error();
    if (rest_.empty()) return true;
    if (rest_.front() == delimiter_) {
      rest_.remove_prefix(1);
    } else if (skip_break(rest_)) {
      ++line_;
      return true;
    } else {
      return at_line(line_,
                     "text after the closing quote of a field; expected a " + std::string(delimiter_name(delimiter_)));
    }
  }
}

result<void> csv_reader::read_field(std::string& field) {
  if (rest_.starts_with('"')) return read_quoted(field);
  auto end = std::min({rest_.find(delimiter_), rest_.find('\n'), rest_.size()});
  if (end > 0 && end < rest_.size() && rest_[end] == '\n' && rest_[end - 1] == '\r') --end;
  field = rest_.substr(0, end);
  if (field.find('"') != std::string::npos)
    return at_line(line_, "quote inside an unquoted field; quote the field and double the quote");
  rest_.remove_prefix(end);
  return {};
}

result<void> csv_reader::read_quoted(std::string& field) {
  const std::size_t begin = line_;
  rest_.remove_prefix(1);
  while (true) {
    const auto quote = rest_.find('"');
    if (quote == std::string_view::npos) return at_line(begin, "a quoted field has no closing quote");
    const auto piece = rest_.substr(0, quote);
    line_ += static_cast<std::size_t>(std::ranges::count(piece, '\n'));
    field += piece;
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) return {};
    field += '"';
    rest_.remove_prefix(1);
  }
}

char delimiter_of(std::string_view text) {
  text = without_mark(text);
  while (skip_break(text)) continue;
  const auto found = text.find_first_of(",;\t\n");
  return found == std::string_view::npos || text[found] == '\n' ? ',' : text[found];
}

std::string_view delimiter_name(char delimiter) {
  return delimiter == ';' ? "semicolon" : delimiter == '\t' ? "tab" : "comma";
}

std::string csv_line(std::span<const std::string> fields) {
  // Quote a single empty field, because readers skip blank lines.
  if (fields.size() == 1 && fields.front().empty()) return "\"\"\n";
  std::string line;
  for (const auto& field : fields) {
    if (&field != fields.data()) line += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      line += field;
      continue;
    }
    line += '"';
    for (const char c : field) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

}  // namespace lars::base
