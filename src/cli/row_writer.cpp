#include "cli/row_writer.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/csv.hpp"
#include "base/field_error.hpp"
#include "base/json_writer.hpp"
#include "base/text_table.hpp"
#include "base/utf8.hpp"

namespace lars::cli {
namespace {

// The text of a cell. Escapes characters that would control a terminal.
std::string cell_text(const cell& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return base::printable(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&value)) {
    std::array<char, 32> digits;
    std::snprintf(digits.data(), digits.size(), "%.1f", *number);
    return digits.data();
  }
  std::string words;
  if (const auto* values = std::get_if<named_values>(&value))
    for (const auto& [name, item] : *values) words += (words.empty() ? "" : " ") + name + '=' + item;
  return base::printable(words);
}

// Writes bytes that are not UTF-8 as the text \xNN, because JSON cannot contain them.
std::string json_text(std::string_view text) {
  std::string whole;
  while (!text.empty()) {
    std::string_view rest = text;
    if (!base::take_code_point(rest)) {
      whole += base::printable(text.substr(0, 1));
      rest = text.substr(1);
    } else {
      whole += text.substr(0, text.size() - rest.size());
    }
    text = rest;
  }
  return shown_json(base::json_text(whole));
}

std::string json_of(const named_values& values) {
  std::string object;
  for (const auto& [name, value] : values)
    object += (object.empty() ? "{" : ",") + json_text(name) + ':' + json_text(value);
  return object.empty() ? "{}" : object + '}';
}

std::string json_of(const cell& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return json_text(*text);
  if (const auto* values = std::get_if<named_values>(&value)) return json_of(*values);
  return std::holds_alternative<std::monostate>(value) ? "null" : cell_text(value);
}

std::string object_of(const std::vector<std::string>& columns, const std::vector<cell>& row) {
  std::string object;
  for (std::size_t i = 0; i < columns.size(); ++i)
    object += (i == 0 ? "{" : ",") + json_text(columns[i]) + ':' + json_of(row[i]);
  return object + '}';
}

// The approximate width of a text on a terminal: one column per code point.
const char* colour_of(row_shade shade) {
  return shade == row_shade::alarm ? "\x1b[31m" : shade == row_shade::warning ? "\x1b[33m" : "";
}

}  // namespace

std::string shown_json(std::string_view json) {
  std::string out;
  while (!json.empty()) {
    std::string_view rest = json;
    const auto point = base::take_code_point(rest).value_or(0);
    if (json.size() == rest.size()) rest.remove_prefix(1);
    if (point < 0x20 || base::is_printable(point)) {
      out += json.substr(0, json.size() - rest.size());
    } else {
      std::array<char, 12> escaped;  // enough for any 32-bit value
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(point));
      out += escaped.data();
    }
    json = rest;
  }
  return out;
}

result<row_format> parse_format(std::string_view text) {
  if (text == "table") return row_format::table;
  if (text == "json") return row_format::json;
  if (text == "csv") return row_format::csv;
  return base::not_allowed("format", text, "table, json, csv");
}

row_writer::row_writer(row_format format, std::vector<std::string> columns, std::ostream& out, bool colours)
    : format_(format), columns_(std::move(columns)), out_(out), colours_(colours) {
  if (format_ == row_format::csv) add_csv(columns_);
  if (format_ != row_format::table) return;
  pending_.push_back(columns_);
  shades_.push_back(row_shade::plain);
}

void row_writer::add(const std::vector<cell>& row, row_shade shade) {
  if (format_ == row_format::json) return add_json(row);
  std::vector<std::string> texts(row.size());
  std::ranges::transform(row, texts.begin(), cell_text);
  if (format_ == row_format::csv) return add_csv(texts);
  pending_.push_back(std::move(texts));
  shades_.push_back(shade);
}

void row_writer::finish() {
  if (format_ == row_format::json) out_ << (has_rows_ ? "\n]\n" : "[]\n");
  if (format_ == row_format::table) print_table();
  out_.flush();
}

void row_writer::add_json(const std::vector<cell>& row) {
  out_ << (has_rows_ ? ",\n" : "[\n") << object_of(columns_, row);
  has_rows_ = true;
}

void row_writer::add_csv(const std::vector<std::string>& texts) { out_ << base::csv_line(texts); }

void row_writer::print_table() {
  const auto lines = base::aligned(pending_, base::alignment::left);
  for (std::size_t n = 0; n < lines.size(); ++n) {
    const char* const colour = colours_ ? colour_of(shades_[n]) : "";
    out_ << colour << lines[n] << (*colour ? "\x1b[0m" : "") << '\n';
  }
}

void write_json_object(const std::vector<std::string>& columns, const std::vector<cell>& row, std::ostream& out) {
  out << object_of(columns, row) << '\n';
}

}  // namespace lars::cli
