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

}  // namespace

struct request_reader::parser {
  std::string unread;
  std::optional<beast::request_parser<beast::string_body>> message;
};

request_reader::request_reader(request_limits limits) : limits_(limits), parser_(std::make_unique<parser>()) {}

request_reader::~request_reader() = default;

void request_reader::feed(std::string_view bytes) { parser_->unread.append(bytes); }

request_reader::status request_reader::next(request& out) {
  if (refusal_ != 0) return status::bad;
  auto& [unread, message] = *parser_;
  if (!message) {
    message.emplace();
    message->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
    message->body_limit(limits_.body_bytes);
    message->eager(true);
  }
  while (!message->is_done()) {
    if (unread.empty()) return status::need_more;
    boost::system::error_code failure;
    const std::size_t used = message->put(boost::asio::buffer(unread), failure);
    unread.erase(0, used);
    if (failure == beast::error::need_more) {
      // What is no whole header yet stays with us, so the parser's own limit does not see it grow.
      if (unread.size() <= limits_.header_bytes) return status::need_more;
      failure = beast::error::header_limit;
    }
    if (failure) {
      refusal_ = refusal_of(failure);
      return status::bad;
    }
  }
  auto whole = message->release();
  message.reset();
  const std::string target = text(whole.target());
  const auto mark = target.find('?');
  out = {text(whole.method_string()), target.substr(0, mark),
         mark == std::string::npos ? std::string() : target.substr(mark + 1), std::move(whole.body()),
         whole.keep_alive()};
  return status::ready;
}

}  // namespace lars::http
