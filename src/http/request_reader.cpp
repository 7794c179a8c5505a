#include "http/request_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

#include "http/header_check.hpp"

namespace lars::http {
namespace {

namespace beast = boost::beast::http;

// Of a body in chunks, what is not content: sizes, extensions and trailers. A chunk needs a few bytes, and a peer may
// send chunks of one byte.
constexpr std::size_t overhead_bytes = 16u << 10;
constexpr std::size_t overhead_per_byte = 16;

// What is left of a body in chunks is no shorter than its last chunk. Beast asserts that it gets at least so much.
constexpr std::size_t last_chunk_bytes = 5;

unsigned refusal_of(const boost::system::error_code& failure) {
  if (failure == beast::error::header_limit || failure == beast::error::buffer_overflow) return 431;
  if (failure == beast::error::body_limit) return 413;
  return 400;
}

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

std::string lower(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

bool has_bare_line_feed(const std::string& text) {
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1))
    if (at == 0 || text[at - 1] != '\r') return true;
  return false;
}

struct target_parts {
  std::string authority;  // of a whole URI
  std::string rest;       // path and query
};

// A client may send the whole URI (absolute-form, RFC 9112 section 3.2.2).
target_parts parts_of(const std::string& target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string::npos || scheme > target.find_first_of("/?"))
    return {"", target};
  const auto path = target.find_first_of("/?", scheme + 3);
  const auto authority = target.substr(scheme + 3, path == std::string::npos ? path : path - scheme - 3);
  if (path == std::string::npos) return {authority, "/"};
  return {authority, target[path] == '/' ? target.substr(path) : '/' + target.substr(path)};
}

void add_field(std::vector<named_text>& to, std::string name, std::string value) {
  const auto same = std::find_if(to.begin(), to.end(), [&name](const auto& each) { return each.first == name; });
  if (same == to.end())
    to.emplace_back(std::move(name), std::move(value));
  else
    same->second += (name == "cookie" ? "; " : ", ") + value;
}

template <class Header>
void read_fields(const Header& header, request& out) {
  out = {};
  out.method = text(header.method_string());
  const auto [authority, rest] = parts_of(text(header.target()));
  const auto mark = rest.find('?');
  out.path = rest.substr(0, mark);
  if (mark != std::string::npos) out.query = rest.substr(mark + 1);
  for (const auto& field : header) add_field(out.fields, lower(text(field.name_string())), text(field.value()));
  out.host = authority.empty() ? std::string(out.field("host")) : authority;
  out.understands_chunks = header.version() >= 11;
}

bool equals(std::string_view a, std::string_view b) {
  return boost::beast::iequals({a.data(), a.size()}, {b.data(), b.size()});
}

}  // namespace

struct request_reader::parser {
  std::string unread;
  std::optional<beast::request_parser<beast::string_body>> message;
  std::size_t body_bytes = 0;  // consumed of the body, with what is not content
};

request_reader::request_reader(std::size_t header_bytes)
    : header_bytes_(header_bytes), parser_(std::make_unique<parser>()) {}

request_reader::~request_reader() = default;

void request_reader::feed(std::string_view bytes) { parser_->unread.append(bytes); }

std::size_t request_reader::buffered() const { return parser_->unread.size(); }

bool request_reader::take_expectation() {
  return std::exchange(expects_continue_, false) && parser_->unread.empty() && parser_->body_bytes == 0;
}

request_reader::status request_reader::refuse(unsigned why) {
  refusal_ = why;
  return status::bad;
}

// Waits for the whole header, because Beast counts its header limit for each call of put() anew. Empty lines before a
// request are ignored (RFC 9112 section 2.2).
request_reader::status request_reader::await_header() {
  std::string& unread = parser_->unread;
  std::size_t empty = 0;
  while (unread.compare(empty, 2, "\r\n") == 0) empty += 2;
  unread.erase(0, empty);
  if (unread.empty() || unread == "\r") return status::need_more;
  if (unread.front() < 'A' || unread.front() > 'Z') return refuse(400);
  const auto end = unread.find("\r\n\r\n");
  if ((end == std::string::npos ? unread.size() : end + 4) > header_bytes_) return refuse(431);
  // A peer that ends lines without CR would wait for an answer until the deadline.
  if (end == std::string::npos) return has_bare_line_feed(unread) ? refuse(400) : status::need_more;
  return is_unambiguous_header({unread.data(), end + 2}) ? status::ready : refuse(400);
}

// What Beast lets pass and another program may understand differently. 0 = nothing.
unsigned request_reader::flaw_of_header(const request& read) const {
  const auto& message = parser_->message->get();
  if (message.count(beast::field::host) > 1) return 400;
  // Two fields with a length were joined as well.
  if (read.field("content-length").find(',') != std::string_view::npos) return 400;
  if (message.count(beast::field::transfer_encoding) > 0) {
    if (message.count(beast::field::content_length) > 0 || !read.understands_chunks) return 400;
    if (!equals(read.field("transfer-encoding"), "chunked")) return 501;
  }
  const auto expected = read.field("expect");
  return expected.empty() || equals(expected, "100-continue") ? 0 : 417;
}

request_reader::status request_reader::read_header(request& out) {
  if (refusal_ != 0) return status::bad;
  if (const auto header = await_header(); header != status::ready) return header;
  auto& [unread, message, body_bytes] = *parser_;
  message.emplace();
  message->header_limit(static_cast<std::uint32_t>(header_bytes_));
  message->body_limit(boost::none);  // set by read_body()
  body_bytes = 0;
  boost::system::error_code failure;
  unread.erase(0, message->put(boost::asio::buffer(unread), failure));
  if (failure && failure != beast::error::need_more) return refuse(refusal_of(failure));
  // The header is complete, so a parser that needs more of it has found an error.
  if (!message->is_header_done()) return refuse(400);
  read_fields(message->get(), out);
  out.keep_alive = message->keep_alive();
  if (const unsigned flaw = flaw_of_header(out)) return refuse(flaw);
  expects_continue_ = !out.field("expect").empty() && out.understands_chunks && !message->is_done();
  in_body_ = true;
  return status::ready;
}

request_reader::status request_reader::read_body(request& out, std::size_t limit) {
  if (refusal_ != 0) return status::bad;
  auto& [unread, message, body_bytes] = *parser_;
  if (message->content_length().value_or(0) > limit) return refuse(413);
  if (body_bytes == 0) message->body_limit(limit);
  while (!message->is_done()) {
    if (unread.size() < (message->chunked() ? last_chunk_bytes : 1)) return status::need_more;
    boost::system::error_code failure;
    const std::size_t used = message->put(boost::asio::buffer(unread), failure);
    unread.erase(0, used);
    body_bytes += used;
    if (failure && failure != beast::error::need_more) return refuse(refusal_of(failure));
    if (message->chunked()) {
      const std::size_t content = message->get().body().size();
      const std::size_t pending = failure ? unread.size() : 0;  // a line that is not complete
      if (body_bytes + pending > content + overhead_bytes + overhead_per_byte * content) return refuse(413);
    }
    if (failure) return status::need_more;
  }
  out.body = std::move(message->get().body());
  message.reset();
  in_body_ = false;
  expects_continue_ = false;
  return status::ready;
}

}  // namespace lars::http
