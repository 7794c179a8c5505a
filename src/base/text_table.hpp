// Lines up texts in columns, for people.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lars::base {

enum class alignment { left, right };

// Columns that the text takes on a terminal: its code points. REQUIRES: printable UTF-8.
std::size_t shown_width(std::string_view text);

// One line a row, without line breaks and blanks at the end; two blanks between columns. REQUIRES: rows of equal size.
std::vector<std::string> aligned(std::span<const std::vector<std::string>> rows, alignment how);

}  // namespace lars::base
