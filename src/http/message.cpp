#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <charconv>
#include <ostream>

#include "base/json_writer.hpp"

namespace lars::http {
namespace {

std::string reason_of(unsigned status) {
  const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  return {reason.data(), reason.size()};
}

std::string_view value_of(const std::vector<named_text>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(), [name](const auto& each) { return each.first == name; });
  return found == list.end() ? std::string_view() : std::string_view(found->second);
}

// Replaces line ends and other control characters: a value that a peer chose must not start a header field.
std::string one_line(std::string value) {
  std::replace_if(
      value.begin(), value.end(),
      [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }, ' ');
  return value;
}

bool has_body(unsigned status) { return status >= 200 && status != 204 && status != 304; }

// `length` is the header field that says how long the body is.
std::string header(const response& answer, bool keep_alive, const std::string& length) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + ' ' + reason_of(answer.status) + "\r\n";
  if (has_body(answer.status)) out += "Content-Type: " + one_line(answer.type) + "\r\n" + length;
  for (const auto& [name, value] : answer.headers) out += one_line(name) + ": " + one_line(value) + "\r\n";
  return out + (keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace

std::string_view request::field(std::string_view name) const { return value_of(fields, name); }

std::string_view request::parameter(std::string_view name) const { return value_of(parameters, name); }

response problem(unsigned status, const std::string& detail, const std::string& type,
                 const std::vector<problem_part>& parts) {
  base::json_object body;
  if (!type.empty()) body.put("type", type);
  body.put("status", std::uint64_t{status});
  body.put("title", reason_of(status));
  if (!detail.empty()) body.put("detail", detail);
  base::json_array errors;
  for (const auto& part : parts) {
    base::json_object error;
    error.put("pointer", part.pointer);
    error.put("detail", part.detail);
    errors.add_json(error.text());
  }
  if (!parts.empty()) body.put_json("errors", errors.text());
  return {status, body.text() + "\n", "application/problem+json"};
}

std::string format_response(const response& answer, bool keep_alive, bool with_body) {
  auto out = header(answer, keep_alive, "Content-Length: " + std::to_string(answer.body.size()) + "\r\n");
  if (with_body && has_body(answer.status)) out += answer.body;
  return out;
}

std::string format_stream_header(const response& answer, bool keep_alive, bool chunked) {
  return header(answer, keep_alive, chunked ? "Transfer-Encoding: chunked\r\n" : "");
}

std::string format_chunk(std::string_view bytes) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), bytes.size(), 16).ptr;
  std::string out(digits.begin(), end);
  out += "\r\n";
  out += bytes;
  return out + "\r\n";
}

}  // namespace lars::http
