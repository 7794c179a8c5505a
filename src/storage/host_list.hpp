// The host list of a storage URL, "a:3306,b:3307,c": one server, or several that serve the same data.
#pragma once

#include <lars/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::storage {

struct database_host {
  std::string host;
  std::string port;  // empty = the URL's
  bool operator==(const database_host&) const = default;
};

// errc::invalid_argument: an entry without a name, or with an invalid port. Write an IPv6 address with a port in
// brackets.
result<std::vector<database_host>> parse_host_list(std::string_view text);

}  // namespace lars::storage
