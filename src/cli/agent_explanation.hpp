// What an agent says of a module at /explain on its HTTP port, and how to look at it.
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
  std::string body;             // as it came
  boost::json::object content;  // the same; has "hosts"
};

// Asks each place in turn until an agent answers; the first failure where none does. Threads: blocking, two seconds a
// place at most. Errors: errc::no_such_module where the agent has no route of it, errc::system_error where what answers
// is no agent, and those of http_get().
result<agent_explanation> ask_explanation(const std::vector<endpoint>& places, route_key key);

// Members of what another program sent: every look may find nothing.
std::string_view text_of(const boost::json::object& of, const char* name);
std::optional<double> number_of(const boost::json::object& of, const char* name);
bool is_set(const boost::json::object& of, const char* name);

// The hosts that the agent shields. Pure.
std::vector<endpoint> isolated_hosts(const boost::json::object& content);

}  // namespace lars::cli
