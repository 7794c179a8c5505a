#include "http/path_pattern.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "http/url.hpp"

namespace lars::path_pattern_test {

using namespace lars::http;
using parameters = std::vector<named_text>;

namespace {

std::optional<parameters> match(const char* pattern, const char* path) {
  return path_pattern(pattern).match(*path_segments(path));
}

}  // namespace

TEST_CASE("text matches itself, decoded") {
  CHECK(match("/", "/") == parameters{});
  CHECK(match("/a/b", "/a/b") == parameters{});
  CHECK(match("/a/b", "/%61/b") == parameters{});
  for (const char* path : {"/a", "/a/b/", "/a/b/c", "/A/b", "/a//b", "/", "/a%2Fb"}) {
    INFO(path);
    CHECK_FALSE(match("/a/b", path));
  }
}

TEST_CASE("a parameter is one segment that is not empty") {
  CHECK(match("/v1/modules/{modid}/{cmdid}", "/v1/modules/1/-2") == parameters{{"modid", "1"}, {"cmdid", "-2"}});
  CHECK(match("/a/{x}", "/a/b%2Fc") == parameters{{"x", "b/c"}});
  CHECK(match("/{x}/b", "/%20/b") == parameters{{"x", " "}});
  for (const char* path : {"/a/", "/a", "/a/b/c", "/b/c"}) {
    INFO(path);
    CHECK_FALSE(match("/a/{x}", path));
  }
}

TEST_CASE("the rest of a path may have any number of segments, and none that leads elsewhere") {
  CHECK(match("/console/{file...}", "/console/") == parameters{{"file", ""}});
  CHECK(match("/console/{file...}", "/console") == parameters{{"file", ""}});
  CHECK(match("/console/{file...}", "/console/a/b.js") == parameters{{"file", "a/b.js"}});
  CHECK(match("/console/{file...}", "/console/a/") == parameters{{"file", "a/"}});
  for (const char* path :
       {"/console/..", "/console/../a", "/console/%2e%2e/a", "/console/a/..%2fb", "/console/./a", "/b"}) {
    INFO(path);
    CHECK_FALSE(match("/console/{file...}", path));
  }
}

TEST_CASE("the more specific pattern precedes") {
  const path_pattern text("/a/b"), parameter("/a/{x}"), rest("/a/{x...}"), longer("/a/{x}/c"), other("/a/{y}");
  CHECK(text < parameter);
  CHECK(parameter < rest);
  CHECK(longer < rest);
  CHECK(parameter == other);
  CHECK(text != parameter);
}

TEST_CASE("what is no pattern is a bug") {
  for (const char* text : {"", "a", "/{x...}/b", "/%zz"}) {
    INFO(text);
    CHECK_THROWS_AS(path_pattern(text), std::logic_error);
  }
}

}  // namespace lars::path_pattern_test
