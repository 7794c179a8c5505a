// Maps paths and methods to handlers.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "http/message.hpp"

namespace lars::http {

// Runs on the server's context and must not block.
using handler = std::function<response(const request&)>;

// Threads: filled by the main thread before the server starts, immutable afterwards.
class router {
public:
  // Adds the handler of `method` on exactly this path. A handler of GET also serves HEAD. REQUIRES: not added before.
  void add(const std::string& method, const std::string& path, handler answer);

  // Calls the handler. 404 for an unknown path, 405 with Allow for another method, 500 if the handler threw.
  response answer(const request& asked) const;

private:
  std::map<std::string, std::map<std::string, handler>> handlers_;  // by path, by method
};

}  // namespace lars::http
