#include "http/message.hpp"

#include <boost/beast/http/status.hpp>
#include <ostream>

namespace lars::http {
namespace {

std::string reason_of(unsigned status) {
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {reason.data(), reason.size()};
}

// Quotes a JSON string. REQUIRES: `text` is valid UTF-8.
std::string quoted(const std::string& text) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

response problem(unsigned status, const std::string& detail, const std::string& type) {
  std::string body = type.empty() ? "{" : "{\"type\":" + quoted(type) + ',';
  body += "\"status\":" + std::to_string(status) + ",\"title\":" + quoted(reason_of(status));
  if (!detail.empty()) body += ",\"detail\":" + quoted(detail);
  return {status, body + "}\n", "application/problem+json"};
}

std::string format_response(const response& answer, bool keep_alive, bool with_body) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + ' ' + reason_of(answer.status) + "\r\n";
  out += "Content-Type: " + answer.type + "\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (with_body) out += answer.body;
  return out;
}

}  // namespace lars::http
