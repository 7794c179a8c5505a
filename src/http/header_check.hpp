// Refuses request headers that two HTTP programs may read differently (request smuggling, RFC 9112 section 11.2).
#pragma once

#include <string_view>

namespace lars::http {

// False for line ends other than CRLF, NUL, folded lines (obs-fold), fields without a name or with white space before
// the colon. `header` is the request line and the fields, each with its line end, without the empty line at the end.
bool is_unambiguous_header(std::string_view header);

}  // namespace lars::http
