// HTTP requests and responses as plain values. The headers of this folder hide Beast.
#pragma once

#include <any>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <lars/types.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lars::http {

namespace asio = boost::asio;

using named_text = std::pair<std::string, std::string>;  // name and value

struct request {
  std::string method;  // upper case as sent
  std::string path;    // the target up to '?', as sent
  std::string query;   // the target after '?', as sent
  std::string body;
  bool keep_alive = true;               // the peer keeps the connection open
  std::vector<named_text> fields = {};  // header; names in lower case, the values of repeated fields joined
  std::string host = {};                // of the target if that is a whole URI, else the field; as sent, with the port
  bool understands_chunks = true;       // HTTP/1.1
  endpoint peer = {};
  std::vector<named_text> parameters = {};  // of the route's pattern, decoded; UTF-8 without NUL
  std::string id = {};                      // set by the middleware request_ids()
  std::any principal = {};                  // set by middleware that authenticates; only it and handlers know the type

  // The value of a header field; empty if there is none. REQUIRES: the name is in lower case.
  std::string_view field(std::string_view name) const;

  // The value of {name} in the route's pattern. Empty if there is none.
  std::string_view parameter(std::string_view name) const;
};

// The body of a streamed answer on its way to the peer. Threads: the context of the connection only.
class response_writer {
public:
  static constexpr std::size_t piece = 64u << 10;

  virtual ~response_writer() = default;

  // Sends the bytes and waits until the connection has taken all of them. False if the peer is gone or reads too
  // slowly; the stream should return. Calls may overlap; the bytes of one stay together up to `piece`. REQUIRES:
  // `bytes` live until the call is over.
  virtual asio::awaitable<bool> write(std::string_view bytes) = 0;
};

// Writes the body of an answer. The request lives until it returns. It is cancelled when the peer is gone and when the
// server stops. If it throws, the connection closes, so that the peer sees that the answer is incomplete.
using response_stream = std::function<asio::awaitable<void>(response_writer&)>;

struct response {
  unsigned status = 200;
  std::string body;
  std::string type = "text/plain; charset=utf-8";
  std::vector<named_text> headers = {};  // in addition to Content-Type, Content-Length and Connection
  response_stream stream = {};           // writes the body instead of `body`
};

// What is wrong with one part of a request's body.
struct problem_part {
  std::string pointer;  // JSON pointer to the part (RFC 6901)
  std::string detail;
};

// An error in the form of RFC 9457 (application/problem+json). `detail` is a sentence for people and `type` identifies
// the error for programs, beyond the status; all may be empty. REQUIRES: UTF-8.
response problem(unsigned status, const std::string& detail, const std::string& type = {},
                 const std::vector<problem_part>& parts = {});

// The bytes of a response without a stream. `with_body` is false if the request was HEAD.
std::string format_response(const response& answer, bool keep_alive, bool with_body);

// The header of a streamed response. Not chunked = the body ends with the connection (HTTP/1.0).
std::string format_stream_header(const response& answer, bool keep_alive, bool chunked);

// One chunk of a streamed body. REQUIRES: not empty.
std::string format_chunk(std::string_view bytes);
inline constexpr const char* last_chunk = "0\r\n\r\n";

}  // namespace lars::http
