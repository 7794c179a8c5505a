#include <lars/error.hpp>

#include <catch2/catch.hpp>
#include <set>

namespace lars::error_test {

TEST_CASE("each error code has a text of its own") {
  std::set<std::string> texts;
  const int last = static_cast<int>(errc::locked);
  for (int code = 1; code <= last; ++code) texts.insert(make_error_code(static_cast<errc>(code)).message());
  CHECK(texts.size() == static_cast<std::size_t>(last));
  CHECK(texts.count("unknown error") == 0);
}

TEST_CASE("a result is a value or an error with what went wrong") {
  const result<int> good = 7;
  const result<int> bad = error{errc::timeout, "1.2.3.4:80"};
  REQUIRE(good);
  CHECK(*good == 7);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().text() == "no answer in time: 1.2.3.4:80");
  CHECK_THROWS(*bad);
  CHECK(result<void>());
  CHECK_FALSE(result<void>(errc::timeout));
}

}  // namespace lars::error_test
