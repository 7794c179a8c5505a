#include "base/utf8.hpp"

#include <catch2/catch.hpp>

namespace lars::utf8_test {

using namespace lars::base;
using namespace std::string_literals;

TEST_CASE("text of any language is printable UTF-8") {
  for (const auto* text : {"", "eu-west", "M\xC3\xBCnchen", "\xE4\xBA\xAC", "\xF0\x9F\x9A\x80", "a b"}) {
    CHECK(is_printable_utf8(text));
    CHECK(printable(text) == text);
  }
}

TEST_CASE("invalid UTF-8, control characters and direction marks are not printable and are escaped by byte") {
  const std::pair<std::string, const char*> texts[] = {
      {"M\xFCnchen", "M\\xfcnchen"},  // latin-1
      {"\x1b[31m", "\\x1b[31m"},      // colours
      {"a\nb", "a\\x0ab"},
      {"a\0b"s, "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"\xC2\x9b"
       "31m",
       "\\xc2\\x9b31m"},  // CSI of eight bits
      {"\xE2\x80\xAE"
       "cod",
       "\\xe2\\x80\\xaecod"},                        // right to left from here
      {"\xC0\xAF", "\\xc0\\xaf"},                    // not the shortest form
      {"\xED\xA0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"\xE4\xBA", "\\xe4\\xba"},                    // cut short
  };
  for (const auto& [text, shown] : texts) {
    CHECK_FALSE(is_printable_utf8(text));
    CHECK(printable(text) == shown);
  }
}

}  // namespace lars::utf8_test
