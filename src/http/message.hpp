// A request and its answer as plain values. Beast stays behind this folder's headers.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lars::http {

struct request {
  std::string method;  // upper case as sent
  std::string path;    // the target up to '?', as sent
  std::string query;   // what follows it
  std::string body;
  bool keep_alive = true;  // the peer goes on using the connection
};

struct response {
  unsigned status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};  // beyond type, length and connection
};

// An error as RFC 9457 has it (application/problem+json). `detail` is a sentence for the reader and may be empty;
// `type` tells programs what the status alone does not, likewise.
response problem(unsigned status, const std::string& detail, const std::string& type = {});

// The bytes that answer a request. `body` is left out where the request was HEAD.
std::string format_response(const response& answer, bool keep_alive, bool with_body);

}  // namespace lars::http
