// Cuts a migration's text into statements. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lars::storage {

// The statements of `script` without their semicolons, without comments from "--" to the end of the line, blanks around
// them trimmed. Semicolons and dashes inside '…' and "…" and `…` are text.
std::vector<std::string> split_sql(std::string_view script);

}  // namespace lars::storage
