#include "http/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string>

namespace lars::http {
namespace {

namespace beast = boost::beast::http;

unsigned refusal_of(const boost::system::error_code& failure) {
  if (failure == beast::error::header_limit || failure == beast::error::buffer_overflow) return 431;
  if (failure == beast::error::body_limit) return 413;
  return 400;
}

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

// Removes scheme and authority: a client may send the whole URI (absolute-form, RFC 9112 section 3.2.2).
std::string origin_form(std::string target) {
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string::npos || scheme > target.find_first_of("/?")) return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  if (path == std::string::npos) return "/";
  return target[path] == '/' ? target.substr(path) : '/' + target.substr(path);
}

}  // namespace

struct request_reader::parser {
  std::string unread;
  std::optional<beast::request_parser<beast::string_body>> message;
};

request_reader::request_reader(request_limits limits) : limits_(limits), parser_(std::make_unique<parser>()) {}

request_reader::~request_reader() = default;

void request_reader::feed(std::string_view bytes) { parser_->unread.append(bytes); }

request_reader::status request_reader::refuse(unsigned why) {
  refusal_ = why;
  return status::bad;
}

// Waits for the whole header, because Beast counts its header limit for each call of put() anew.
request_reader::status request_reader::await_header() {
  const std::string& unread = parser_->unread;
  if (!unread.empty() && (unread.front() < 'A' || unread.front() > 'Z')) return refuse(400);
  const auto end = unread.find("\r\n\r\n");
  if ((end == std::string::npos ? unread.size() : end + 4) > limits_.header_bytes) return refuse(431);
  return end == std::string::npos ? status::need_more : status::ready;
}

request_reader::status request_reader::next(request& out) {
  if (refusal_ != 0) return status::bad;
  auto& [unread, message] = *parser_;
  if (!message) {
    if (const auto header = await_header(); header != status::ready) return header;
    message.emplace();
    message->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    message->body_limit(limits_.body_bytes);
  }
  while (!message->is_done()) {
    if (unread.empty()) return status::need_more;
    boost::system::error_code failure;
    const std::size_t used = message->put(boost::asio::buffer(unread), failure);
    unread.erase(0, used);
    // The header is complete, so a parser that needs more of it has found an error.
    if (failure == beast::error::need_more && !message->is_header_done()) return refuse(400);
    if (failure && failure != beast::error::need_more) return refuse(refusal_of(failure));
    // Chunked bodies are refused: their extensions and trailers escape the limits. A client can send Content-Length.
    if (message->chunked()) return refuse(411);
    if (failure) return status::need_more;
  }
  auto whole = message->release();
  message.reset();
  const std::string target = origin_form(text(whole.target()));
  const auto mark = target.find('?');
  out = {text(whole.method_string()), target.substr(0, mark),
         mark == std::string::npos ? std::string() : target.substr(mark + 1), std::move(whole.body()),
         whole.keep_alive()};
  return status::ready;
}

}  // namespace lars::http
