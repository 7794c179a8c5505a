// Reads and writes CSV (RFC 4180): comma-separated fields, quoted if they contain a comma, a quote or a line break. The
// reader also accepts semicolons, which spreadsheets write in countries with a decimal comma, and tabs.
#pragma once

#include <lars/error.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lars::base {

struct csv_record {
  std::size_t line = 0;  // first line of the record in the file, counted from 1
  std::vector<std::string> fields;
};

// errc::bad_message with "line N: " and the reason, about `field`.
lars::error at_line(std::size_t line, const std::string& what, const std::string& field = {});

// Reads a text record by record: LF and CRLF, quotes, line breaks inside quotes, a byte order mark at the start.
// Blank lines are skipped. Lifetime: `text` outlives it. Threads: owner context only.
class csv_reader {
public:
  explicit csv_reader(std::string_view text, char delimiter = ',');

  // Reads the next record into `out`. False at the end. errc::bad_message names the line.
  result<bool> next(csv_record& out);

private:
  result<void> read_field(std::string& field);
  result<void> read_quoted(std::string& field);

  std::string_view rest_;
  const char delimiter_;
  std::size_t line_ = 1;
};

// Detects the delimiter: the first comma, semicolon or tab in the first line that is not blank, or a comma if it has
// none. REQUIRES: that line is a header whose names contain none of them.
char delimiter_of(std::string_view text);

// "comma", "semicolon" or "tab".
std::string_view delimiter_name(char delimiter);

// Formats one record with its line break (LF). Quotes fields only if necessary.
std::string csv_line(std::span<const std::string> fields);

}  // namespace lars::base
