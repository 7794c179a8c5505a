// Writes rows as a table for people, or as JSON or CSV for programs.
#pragma once

#include <cstdint>
#include <functional>
#include <lars/error.hpp>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lars::cli {

enum class row_format { table, json, csv };

// "table", "json" or "csv"; errc::invalid_argument otherwise.
result<row_format> parse_format(std::string_view text);

// One value of a row. In JSON, numbers are numbers, monostate is null and named values are an object. In a table and in
// CSV, monostate is empty and named values are "a=1 b=2".
using named_values = std::map<std::string, std::string, std::less<>>;
using cell = std::variant<std::monostate, std::int64_t, double, std::string, named_values>;

// The colour of a row in a table, if colours are enabled.
enum class row_shade { plain, warning, alarm };

// Text comes from databases and peers: in every format, what is no UTF-8 or would control a terminal is escaped.
// Writes rows as they come: JSON as an array of objects, CSV with a header line, a table when finish() knows its
// widths. Lifetime: the command's. Threads: owner context only. Errors: those of the stream.
class row_writer {
public:
  row_writer(row_format format, std::vector<std::string> columns, std::ostream& out, bool colours = false);

  // REQUIRES: as many cells as columns.
  void add(const std::vector<cell>& row, row_shade shade = row_shade::plain);

  // Ends the output. Once, after the last row.
  void finish();

private:
  void add_json(const std::vector<cell>& row);
  void add_csv(const std::vector<std::string>& texts);
  void print_table();

  const row_format format_;
  const std::vector<std::string> columns_;
  std::ostream& out_;
  const bool colours_;
  std::vector<std::vector<std::string>> pending_;  // the rows of a table; the first one has the names of the columns
  std::vector<row_shade> shades_;                  // of each row
  bool has_rows_ = false;
};

// Makes JSON safe for a terminal: writes control characters in strings as \uNNNN and keeps white space.
// REQUIRES: `json` is valid JSON.
std::string shown_json(std::string_view json);

// Writes one JSON object on its own line, with members in the order of `columns`.
void write_json_object(const std::vector<std::string>& columns, const std::vector<cell>& row, std::ostream& out);

}  // namespace lars::cli
