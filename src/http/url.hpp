// The parts of a request's target: percent-encoding, path segments, query parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace lars::http {

// nullopt if an escape is incomplete or the result is not UTF-8 or contains NUL. Decodes once.
std::optional<std::string> percent_decode(std::string_view text);

// The segments of a path, split before they are decoded, so that %2F does not separate. "/a/" has the segments "a" and
// "". nullopt if a segment cannot be decoded. REQUIRES: the path starts with '/'.
std::optional<std::vector<std::string>> path_segments(std::string_view path);

// The parameters of a query in their order, decoded; '+' is a space. nullopt if one cannot be decoded.
std::optional<std::vector<named_text>> query_parameters(std::string_view query);

}  // namespace lars::http
