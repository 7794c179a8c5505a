// Routes as a CSV file: what `route export` writes and `route import` reads.
#pragma once

#include <lars/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/route_row.hpp"

namespace lars::storage {

// modid cmdid ip port weight zone state
const std::vector<std::string>& route_columns();

// Reads a file whose first line is the header: at least the first four columns, in order, separated by comma, semicolon
// or tab (see base::delimiter_of()). Missing columns have their defaults. If `only` is set, every row must belong to
// that module. errc::bad_message names the line, the error and its field.
result<std::vector<route_row>> read_route_file(std::string_view text, std::optional<route_key> only);

}  // namespace lars::storage
