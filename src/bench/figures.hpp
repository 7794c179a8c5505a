// Rows of figures, as a table for people or as JSON for programs.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lars::bench {

using figure = std::variant<std::int64_t, double, std::string>;
using figure_row = std::vector<std::pair<std::string, figure>>;  // names and values, the same names in every row

void print_table(const std::vector<figure_row>& rows, std::ostream& out);

// Transposed: one line a figure, one column a row. For rows of many figures.
void print_columns(const std::vector<figure_row>& rows, std::ostream& out);

// One object on one line.
void print_json(const figure_row& row, std::ostream& out);

// An array with an object a line.
void print_json(const std::vector<figure_row>& rows, std::ostream& out);

}  // namespace lars::bench
