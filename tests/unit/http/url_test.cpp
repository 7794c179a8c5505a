#include "http/url.hpp"

#include <catch2/catch.hpp>

namespace lars::url_test {

using namespace lars::http;

TEST_CASE("escapes are decoded once") {
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("%41%2f%2F%20z") == "A// z");
  CHECK(percent_decode("%2541") == "%41");
  CHECK(percent_decode("caf%C3%A9") == "caf\xC3\xA9");
}

TEST_CASE("what is no text is refused") {
  for (const char* text : {"%", "%4", "a%zz", "%4g", "%+1", "%-1", "% 1", "%00", "%ff", "%C3", "%C0%AF", "\xff"}) {
    INFO(text);
    CHECK_FALSE(percent_decode(text));
  }
}

TEST_CASE("a path is split before it is decoded") {
  using list = std::vector<std::string>;
  CHECK(path_segments("/") == list{""});
  CHECK(path_segments("/a/b") == list{"a", "b"});
  CHECK(path_segments("/a/") == list{"a", ""});
  CHECK(path_segments("//a") == list{"", "a"});
  CHECK(path_segments("/a%2Fb/%2e%2e") == list{"a/b", ".."});
  CHECK_FALSE(path_segments("/a/%zz"));
}

TEST_CASE("a query has parameters in order") {
  using list = std::vector<named_text>;
  CHECK(query_parameters("") == list{});
  CHECK(query_parameters("a=1&b&c=x=y&&a=%26+2") == list{{"a", "1"}, {"b", ""}, {"c", "x=y"}, {"a", "& 2"}});
  CHECK_FALSE(query_parameters("a=%"));
  CHECK_FALSE(query_parameters("%=a"));
}

}  // namespace lars::url_test
