// Maps paths and methods to handlers.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "http/handler.hpp"
#include "http/path_pattern.hpp"

namespace lars::http {

// Threads: filled by the main thread before the server starts, immutable afterwards.
class router {
public:
  // Adds the handler of `method` on the paths of a pattern (path_pattern.hpp). A handler of GET also serves HEAD. Of
  // several patterns that match, the most specific one answers. REQUIRES: method and pattern were not added before, and
  // all methods of a pattern use the same names for its parameters.
  void add(const std::string& method, const std::string& pattern, plain_handler answer, route_options options = {});
  void add(const std::string& method, const std::string& pattern, handler answer, route_options options = {});

  // Passes the request through the middleware, receives its body and calls the handler. 404 for an unknown path, 405
  // with Allow for another method, 400 for a path that cannot be decoded, 500 if the handler threw. If cancelled,
  // returns any response. REQUIRES: the arguments outlive the call.
  asio::awaitable<response> answer(request& asked, const body_receiver& receive) const;

private:
  struct route {
    handler answer;
    route_options options;
  };
  using method_map = std::map<std::string, route>;

  const method_map* find(request& asked, const std::vector<std::string>& segments) const;
  asio::awaitable<response> dispatch(request& asked, const body_receiver& receive) const;

  std::map<path_pattern, method_map> routes_;  // the most specific pattern first
};

}  // namespace lars::http
