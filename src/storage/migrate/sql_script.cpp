#include "storage/migrate/sql_script.hpp"

#include <algorithm>

namespace lars::storage {
namespace {

constexpr std::string_view white_space = " \t\r\n";

void add_statement(std::vector<std::string>& list, std::string& statement) {
  const auto first = statement.find_first_not_of(white_space);
  if (first != std::string::npos) {
    const auto last = statement.find_last_not_of(white_space);
    list.push_back(statement.substr(first, last - first + 1));
  }
  statement.clear();
}

}  // namespace

std::vector<std::string> split_sql(std::string_view script) {
  std::vector<std::string> list;
  std::string statement;
  char quote = 0;  // the open quotation mark; a doubled mark closes and opens it
  for (std::size_t i = 0; i < script.size(); ++i) {
    const char c = script[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"' || c == '`') {
      quote = c;
    } else if (script.substr(i, 2) == "--") {
      i = std::min(script.find('\n', i), script.size()) - 1;
      continue;
    } else if (c == ';') {
      add_statement(list, statement);
      continue;
    }
    statement += c;
  }
  add_statement(list, statement);
  return list;
}

}  // namespace lars::storage
