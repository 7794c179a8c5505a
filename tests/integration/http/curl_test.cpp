// What curl, which nobody here wrote, makes of the HTTP port.
#include <boost/asio/this_coro.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <string>

#include "http/event_stream.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"
#include "net/as_result.hpp"
#include "net/timer.hpp"

namespace lars::curl_test {

using namespace lars::http;
using namespace std::chrono_literals;

namespace {

constexpr embedded_file files[] = {{.path = "index.html", .body = "<p>plain</p>"}};

asio::awaitable<response> answer_later(request& asked) {
  net::timer pause(co_await asio::this_coro::executor, 20ms);
  co_await pause.async_wait(net::as_result);
  co_return response{200, std::string(asked.parameter("modid")) + ' ' + asked.body + '\n'};
}

asio::awaitable<void> count_up(event_writer& out, int from) {
  for (int id = from; id < from + 3; ++id) {
    const event next{"news", "", std::to_string(id)};
    co_await out.send(next);
  }
}

asio::awaitable<void> write_much(response_writer& out) {
  const std::string piece(1u << 20, 'x');
  for (int i = 0; i < 8; ++i) co_await out.write(piece);
}

router routes() {
  router table;
  table.add("GET", "/modules/{modid}", answer_later);
  table.add("POST", "/modules/{modid}", answer_later, {.body = {.bytes = 4u << 20}, .chain = {}});
  table.add("GET", "/console/{file...}", serve_files(files));
  table.add("GET", "/events", [](const request& asked) {
    const int from = std::stoi("0" + std::string(last_event_id(asked))) + 1;
    return event_stream([from](event_writer& out) { return count_up(out, from); });
  });
  table.add("GET", "/much", [](const request&) {
    response given;
    given.stream = write_much;
    return given;
  });
  return table;
}

struct running_server {
  net::io_pool pool{2};
  http::server server{pool, {.listen = {0x7f000001, 0}, .limits = {}}, routes()};

  running_server() {
    REQUIRE(server.listen());
    pool.start();
    server.start();
  }
  ~running_server() {
    server.stop();
    pool.stop();
  }

  std::string curl(const std::string& options, const std::string& path) const {
    const std::string command =
        "curl -sS --max-time 20 " + options + " 'http://127.0.0.1:" + std::to_string(server.port()) + path + "' 2>&1";
    std::FILE* const pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    char buffer[4096];
    for (auto size = std::fread(buffer, 1, sizeof buffer, pipe); size > 0;
         size = std::fread(buffer, 1, sizeof buffer, pipe))
      output.append(buffer, size);
    ::pclose(pipe);
    return output;
  }
};

}  // namespace

TEST_CASE("curl gets answers that take time, by parameters of the path") {
  const running_server one;
  CHECK(one.curl("", "/modules/7%2F8") == "7/8 \n");
  CHECK(one.curl("-o /dev/null -w '%{http_code}' -X DELETE", "/modules/7") == "405");
  CHECK(one.curl("-I", "/modules/7").find("HTTP/1.1 200 OK") == 0);
}

TEST_CASE("curl sends bodies with a length, in chunks, and after 100 Continue") {
  const running_server one;
  CHECK(one.curl("-d hello", "/modules/7") == "7 hello\n");
  CHECK(one.curl("-d hello -H 'Transfer-Encoding: chunked'", "/modules/7") == "7 hello\n");
  CHECK(one.curl("-d hello -H 'Expect: 100-continue' -v", "/modules/7").find("< HTTP/1.1 100 Continue") !=
        std::string::npos);
  // The body is larger than the limit of any route; curl reads the answer nevertheless.
  CHECK(one.curl("-o /dev/null -w '%{http_code}' --data-binary @/proc/self/exe -H Expect:", "/console/") == "413");
}

TEST_CASE("curl gets a file once") {
  const running_server one;
  CHECK(one.curl("", "/console/") == "<p>plain</p>");
  const auto header = one.curl("-I", "/console/");
  const auto begin = header.find("ETag: ") + 6;
  const auto tag = header.substr(begin, header.find('\r', begin) - begin);
  CHECK(one.curl("-w '%{http_code}' -H 'If-None-Match: " + tag + "'", "/console/") == "304");
  CHECK(one.curl("-o /dev/null -w '%{http_code}' --path-as-is", "/console/../index.html") == "404");
}

TEST_CASE("curl follows streams and events") {
  const running_server one;
  CHECK(one.curl("", "/much").size() == 8u << 20);
  CHECK(one.curl("--http1.0", "/much").size() == 8u << 20);
  CHECK(one.curl("-N -H 'Last-Event-ID: 6'", "/events").find("id: 7\ndata: news\n\nid: 8\n") == 0);
}

}  // namespace lars::curl_test
