// Pieces of text that people wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lars::base {

// Without blanks, tabs and carriage returns at both ends. Lifetime: the text's.
std::string_view trimmed(std::string_view text);

// The parts of a list, trimmed: "a, b" has two, "" has one that is empty.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

}  // namespace lars::base
