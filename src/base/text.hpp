// Splits and trims text that people wrote.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lars::base {

// Removes white space at both ends, line breaks included. The result borrows from `text`.
std::string_view trimmed(std::string_view text);

// The items of a list, trimmed: two in "a, b", one empty item in "".
std::vector<std::string> split_list(std::string_view text, char separator = ',');

}  // namespace lars::base
