#include "http/message.hpp"

#include <catch2/catch.hpp>

namespace lars::message_test {

using namespace lars::http;

TEST_CASE("a response has type, length and connection headers") {
  const response answer{200, "ok\n"};
  CHECK(format_response(answer, true, true) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\nConnection: "
        "keep-alive\r\n\r\nok\n");
  const std::string head = format_response(answer, false, false);
  CHECK(head.find("Content-Length: 3\r\nConnection: close\r\n\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("a problem is a JSON object whatever its detail holds") {
  const response answer = problem(404, "no \"such\" thing\n\\");
  CHECK(answer.status == 404);
  CHECK(answer.type == "application/problem+json");
  CHECK(answer.body == "{\"status\":404,\"title\":\"Not Found\",\"detail\":\"no \\\"such\\\" thing\\u000a\\\\\"}\n");
  CHECK(problem(503, "").body == "{\"status\":503,\"title\":\"Service Unavailable\"}\n");
  CHECK(problem(404, "", "tag:a,2026:b").body ==
        "{\"type\":\"tag:a,2026:b\",\"status\":404,\"title\":\"Not Found\"}\n");
}

}  // namespace lars::message_test
