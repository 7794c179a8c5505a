// Which handler answers which path.
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
  // Answers `method` on exactly this path; a handler of GET answers HEAD too. REQUIRES: not given before.
  void add(const std::string& method, const std::string& path, handler answer);

  // The handler's answer; 404 for an unknown path, 405 with Allow for another method, 500 where a handler threw.
  response answer(const request& asked) const;

private:
  std::map<std::string, std::map<std::string, handler>> handlers_;  // by path, by method
};

}  // namespace lars::http
