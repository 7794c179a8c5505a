// Refuses requests for foreign host names. A page of another site can make its own name point at this machine and then
// reads answers as if they were its own (DNS rebinding).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lars::http {

// True for an IP address, "localhost" and the names of the list, with or without a port. An address cannot be rebound.
// `host` is as sent; names are compared without case. REQUIRES: `names` is in lower case.
bool is_known_host(std::string_view host, const std::vector<std::string>& names);

}  // namespace lars::http
