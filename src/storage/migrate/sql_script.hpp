// Splits a migration's text into statements. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lars::storage {

// The statements of `script`, trimmed, without semicolons and without comments from "--" to the end of the line.
// Semicolons and dashes inside '…', "…" and `…` are text.
std::vector<std::string> split_sql(std::string_view script);

}  // namespace lars::storage
