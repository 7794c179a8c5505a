// HTTP requests and responses as plain values. The headers of this folder hide Beast.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lars::http {

struct request {
  std::string method;  // upper case as sent
  std::string path;    // the target up to '?', as sent
  std::string query;   // the target after '?', as sent
  std::string body;
  bool keep_alive = true;  // the peer keeps the connection open
};

struct response {
  unsigned status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers =
      {};  // in addition to Content-Type, Content-Length and Connection
};

// An error in the form of RFC 9457 (application/problem+json). `detail` is a sentence for people and `type` identifies
// the error for programs, beyond the status; both may be empty.
response problem(unsigned status, const std::string& detail, const std::string& type = {});

// The bytes of a response. `with_body` is false if the request was HEAD.
std::string format_response(const response& answer, bool keep_alive, bool with_body);

}  // namespace lars::http
