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
  CHECK(answer.body == "{\"status\":404,\"title\":\"Not Found\",\"detail\":\"no \\\"such\\\" thing\\n\\\\\"}\n");
  CHECK(problem(503, "").body == "{\"status\":503,\"title\":\"Service Unavailable\"}\n");
  CHECK(problem(404, "", "tag:a,2026:b").body ==
        "{\"type\":\"tag:a,2026:b\",\"status\":404,\"title\":\"Not Found\"}\n");
}

TEST_CASE("a problem names the parts that are wrong") {
  CHECK(
      problem(400, "", "", {{"/hosts/0/ip", "not \"an\" address"}, {"/reason", "missing"}}).body ==
      "{\"status\":400,\"title\":\"Bad Request\",\"errors\":[{\"pointer\":\"/hosts/0/ip\",\"detail\":\"not \\\"an\\\" "
      "address\"},{\"pointer\":\"/reason\",\"detail\":\"missing\"}]}\n");
}

TEST_CASE("answers that have no body tell no length") {
  for (const unsigned status : {204u, 304u}) {
    response answer{status, "ignored"};
    answer.headers = {{"ETag", "\"a\""}};
    const auto text = format_response(answer, true, true);
    CHECK(text.find("Content-") == std::string::npos);
    CHECK(text.ends_with("\r\nETag: \"a\"\r\nConnection: keep-alive\r\n\r\n"));
  }
}

TEST_CASE("a value cannot start another field") {
  response answer{200, "x"};
  answer.headers = {{"X", "a\r\nSet-Cookie: b\n\x7f"}};
  const auto text = format_response(answer, true, true);
  CHECK(text.find("\r\nX: a  Set-Cookie: b  \r\n") != std::string::npos);
}

TEST_CASE("a streamed answer has chunks, or ends with the connection") {
  const response answer{200, "", "text/csv"};
  CHECK(format_stream_header(answer, true, true) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n");
  CHECK(format_stream_header(answer, false, false) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nConnection: close\r\n\r\n");
  CHECK(format_chunk(std::string(255, 'x')) == "ff\r\n" + std::string(255, 'x') + "\r\n");
}

TEST_CASE("fields and parameters are found by name") {
  request asked;
  asked.fields = {{"accept", "a"}};
  asked.parameters = {{"modid", "1"}};
  CHECK(asked.field("accept") == "a");
  CHECK(asked.field("modid").empty());
  CHECK(asked.parameter("modid") == "1");
  CHECK(asked.parameter("accept").empty());
}

}  // namespace lars::message_test
