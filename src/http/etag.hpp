// Entity tags in conditional requests (RFC 9110 section 8.8.3).
#pragma once

#include <string_view>

namespace lars::http {

// True if the value of If-None-Match names the tag, or is "*". A weak tag equals its strong form. REQUIRES: `tag` is
// quoted.
bool if_none_match(std::string_view field, std::string_view tag);

// True if the value of If-Match names the tag, or is "*". Weak tags equal nothing. REQUIRES: `tag` is quoted.
bool if_match(std::string_view field, std::string_view tag);

}  // namespace lars::http
