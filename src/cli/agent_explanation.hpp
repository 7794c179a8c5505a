// Requests /explain for a module from the HTTP port of an agent, and reads the answer.
#pragma once

#include <boost/json/object.hpp>
#include <lars/error.hpp>
#include <lars/types.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lars::cli {

struct agent_explanation {
  std::string body;             // as received
  boost::json::object content;  // the parsed body; contains "hosts"
};

// Asks each server in turn until an agent answers. If none does, returns the first error. Threads: blocking, up to two
// seconds per server. Errors: errc::no_such_module if the agent has no route of the module, errc::system_error if a
// server is not an agent, and those of http_get().
result<agent_explanation> ask_explanation(const std::vector<endpoint>& servers, route_key key);

// Read a member, which may be missing or have another type: then the result is empty, nullopt or false.
std::string_view text_of(const boost::json::object& object, const char* name);
std::optional<double> number_of(const boost::json::object& object, const char* name);
bool is_set(const boost::json::object& object, const char* name);

// The hosts that the agent isolates. Pure.
std::vector<endpoint> isolated_hosts(const boost::json::object& content);

}  // namespace lars::cli
