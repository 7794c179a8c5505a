// CSV as RFC 4180 has it: comma-separated fields, quoted where they hold a comma, a quote or a line break. Spreadsheets
// of countries with a decimal comma write semicolons, others tabs: both are read too.
#pragma once

#include <lars/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lars::cli {

struct csv_record {
  std::size_t line = 0;  // of the file, from 1: where the record begins
  std::vector<std::string> fields;
};

// errc::bad_message, of a text that people wrote.
lars::error at_line(std::size_t line, const std::string& what);

// Reads a whole text record by record: LF and CRLF, quotes, line breaks inside quotes, a byte order mark at the start.
// Blank lines are skipped. Lifetime: `text` outlives it. Threads: owner context only.
class csv_reader {
public:
  explicit csv_reader(std::string_view text, char delimiter = ',');

  // The next record into `out`. False at the end. errc::bad_message names the line.
  result<bool> next(csv_record& out);

private:
  result<void> take_field(std::string& field);
  result<void> take_quoted(std::string& field);

  std::string_view rest_;
  const char delimiter_;
  std::size_t line_ = 1;
};

// Which of comma, semicolon and tab comes first in the first line that is not blank; a comma where none does. Meant for
// a header, whose names hold none of them.
char delimiter_of(std::string_view text);

// "comma", "semicolon" or "tab".
std::string_view delimiter_name(char delimiter);

// One record with its line break (LF); fields are quoted where they must be.
std::string csv_line(std::span<const std::string> fields);

}  // namespace lars::cli
