// However a stream of bytes is cut into pieces, the HTTP port finds the same requests in it, stops where one is
// invalid, buffers no more than its limits, and answers every request with a whole HTTP message. The first byte of the
// input chooses the cuts.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "expect.hpp"
#include "http/message.hpp"
#include "http/path_pattern.hpp"
#include "http/request_reader.hpp"
#include "http/url.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace http = lars::http;

constexpr std::size_t header_bytes = 200;
constexpr std::size_t body_bytes = 64;

struct reading {
  std::vector<std::string> requests;
  bool bad = false;
  bool operator==(const reading&) const = default;
};

std::string shown(const http::request& one) {
  std::string text = one.method + '\n' + one.path + '\n' + one.query + '\n' + one.body + '\n' + one.host;
  for (const auto& [name, value] : one.fields) text += '\n' + name + ':' + value;
  return text + (one.keep_alive ? "\n1" : "\n0");
}

// Answers as a router would, without its coroutines, which clang 14 cannot build with sanitizers.
http::response answer_of(http::request& asked) {
  static const http::path_pattern pattern("/p/{name}/{rest...}");
  const auto segments = asked.path.starts_with('/') ? http::path_segments(asked.path) : std::nullopt;
  if (!segments) return http::problem(400, asked.path);
  auto parameters = pattern.match(*segments);
  if (!parameters) return http::problem(404, asked.body);
  asked.parameters = *std::move(parameters);
  const auto rest = '/' + std::string(asked.parameter("rest")) + '/';
  expect(rest.find("/../") == std::string::npos, "the rest of a path leads down");
  http::response answer{200, asked.query + asked.body};
  answer.headers = {{"Location", rest}, {"X-Host", asked.host}};
  return answer;
}

void check_answer(http::request& asked) {
  const auto answer = answer_of(asked);
  const std::string text = http::format_response(answer, asked.keep_alive, true);
  expect(text.starts_with("HTTP/1.1 "), "an answer begins with a status line");
  const auto end = text.find("\r\n\r\n");
  expect(end != std::string::npos && text.substr(end + 4) == answer.body, "nothing of a request gets into the header");
  expect(asked.path.find('?') == std::string::npos, "the query is no part of the path");
}

reading read(std::string_view stream, std::uint8_t cuts, bool whole) {
  http::request_reader reader(header_bytes);
  reading found;
  http::request one;  // its header may be read long before its body
  std::uint32_t draw = cuts;
  while (!stream.empty() && !found.bad) {
    draw = draw * 1664525 + 1013904223;
    const std::size_t piece = whole ? stream.size() : std::min<std::size_t>(stream.size(), 1 + (draw >> 24) % 37);
    reader.feed(stream.substr(0, piece));
    stream.remove_prefix(piece);
    const auto next = [&reader, &one] {
      if (!reader.in_body())
        if (const auto header = reader.read_header(one); header != http::request_reader::status::ready) return header;
      return reader.read_body(one, body_bytes);
    };
    auto status = next();
    for (; status == http::request_reader::status::ready; status = next()) {
      check_answer(one);
      if (planted && whole && one.query.size() == 3) one.query.clear();
      found.requests.push_back(shown(one));
    }
    found.bad = status == http::request_reader::status::bad;
  }
  if (found.bad)
    expect((reader.refusal() >= 400 && reader.refusal() < 500) || reader.refusal() == 501,
           "a refusal is the peer's mistake");
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view stream = lars::fuzz::text(data + 1, size - 1);
  expect(read(stream, data[0], false) == read(stream, data[0], true), "cuts make no difference to the requests");
  return 0;
}
