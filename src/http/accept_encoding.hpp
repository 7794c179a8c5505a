// The value of Accept-Encoding.
#pragma once

#include <string_view>

namespace lars::http {

// How much the peer wants this coding, in thousandths: 0 = not at all, 1000 = most. An unnamed coding counts as "*" if
// that is named, else as 0. `coding` is in lower case.
int encoding_weight(std::string_view field, std::string_view coding);

}  // namespace lars::http
