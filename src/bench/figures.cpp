#include "bench/figures.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "base/json_writer.hpp"
#include "base/text_table.hpp"

namespace lars::bench {
namespace {

std::string text_of(const figure& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << std::get<double>(value);
  return text.str();
}

std::string object_of(const figure_row& row) {
  base::json_object object;
  for (const auto& [name, value] : row) {
    if (const auto* text = std::get_if<std::string>(&value))
      object.put(name, *text);
    else
      object.put_json(name, text_of(value));
  }
  return object.text();
}

}  // namespace

void print_table(const std::vector<figure_row>& rows, std::ostream& out) {
  if (rows.empty()) return;
  std::vector<std::vector<std::string>> lines(1);
  for (const auto& [name, value] : rows.front()) lines.front().push_back(name);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& [name, value] : row) line.push_back(text_of(value));
  }
  for (const auto& line : base::aligned(lines, base::alignment::right)) out << line << '\n';
}

void print_columns(const std::vector<figure_row>& rows, std::ostream& out) {
  if (rows.empty()) return;
  std::size_t names = 0, values = 0;
  for (const auto& row : rows)
    for (const auto& [name, value] : row) {
      names = std::max(names, name.size());
      values = std::max(values, text_of(value).size());
    }
  for (std::size_t i = 0; i < rows.front().size(); ++i) {
    out << std::left << std::setw(static_cast<int>(names)) << rows.front()[i].first << std::right;
    for (const auto& row : rows) out << "  " << std::setw(static_cast<int>(values)) << text_of(row[i].second);
    out << '\n';
  }
}

void print_json(const figure_row& row, std::ostream& out) { out << object_of(row) << std::endl; }

void print_json(const std::vector<figure_row>& rows, std::ostream& out) {
  for (std::size_t i = 0; i < rows.size(); ++i) out << (i ? ",\n" : "[\n") << object_of(rows[i]);
  out << (rows.empty() ? "[]" : "\n]") << std::endl;
}

}  // namespace lars::bench
