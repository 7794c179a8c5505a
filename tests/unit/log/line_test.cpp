#include "log/line.hpp"

#include <catch2/catch.hpp>

namespace lars::line_test {

using namespace lars::log;

namespace {

const std::chrono::system_clock::time_point when{std::chrono::milliseconds(1767225600123)};  // 2026-01-01T00:00:00.123Z

}  // namespace

TEST_CASE("a text line is time, level, event and fields") {
  CHECK(text_line(when, level::info, "dns.loaded",
                  {{"modules", 3}, {"ok", true}, {"share", 0.5}, {"peer", "1.2.3.4:5"}}) ==
        "2026-01-01T00:00:00.123Z info dns.loaded modules=3 ok=true share=0.5 peer=1.2.3.4:5");
}

TEST_CASE("text that could be taken for more than one value is quoted, and cannot forge a line") {
  CHECK(text_line(when, level::warn, "x", {{"reason", "two words"}}) ==
        "2026-01-01T00:00:00.123Z warn x reason=\"two words\"");
  CHECK(text_line(when, level::warn, "x", {{"reason", "a\nb\"c"}}) ==
        "2026-01-01T00:00:00.123Z warn x reason=\"a\\u000ab\\\"c\"");
  CHECK(text_line(when, level::warn, "x", {{"reason", ""}}) == "2026-01-01T00:00:00.123Z warn x reason=\"\"");
}

TEST_CASE("a JSON line is one object with numbers as numbers") {
  CHECK(
      json_line(when, level::error, "x",
                {{"n", -5}, {"u", std::uint64_t{18446744073709551615u}}, {"t", "a\tb"}, {"f", 1.0 / 0.0}}) ==
      R"({"time":"2026-01-01T00:00:00.123Z","level":"error","event":"x","n":-5,"u":18446744073709551615,"t":"a\u0009b","f":null})");
}

}  // namespace lars::line_test
