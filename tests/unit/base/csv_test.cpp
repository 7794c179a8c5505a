#include "base/csv.hpp"

#include <catch2/catch.hpp>

namespace lars::csv_test {

using lars::base::csv_line;
using lars::base::csv_reader;
using lars::base::csv_record;

namespace {

using fields = std::vector<std::string>;

// Every record of a text; REQUIRES that it can be read.
std::vector<csv_record> all_of(std::string_view text) {
  csv_reader reader(text);
  std::vector<csv_record> all;
  csv_record one;
  while (true) {
    const auto more = reader.next(one);
    REQUIRE(more);
    if (!*more) return all;
    all.push_back(one);
  }
}

std::string refusal_of(std::string_view text) {
  csv_reader reader(text);
  csv_record one;
  while (true) {
    const auto more = reader.next(one);
    if (!more) return more.error().detail;
    if (!*more) return "";
  }
}

}  // namespace

TEST_CASE("a record ends with LF, CRLF or the end of the text") {
  const auto all = all_of("a,b\r\nc,d\ne,f");
  REQUIRE(all.size() == 3);
  CHECK(all[0].fields == fields{"a", "b"});
  CHECK(all[1].fields == fields{"c", "d"});
  CHECK(all[2].fields == fields{"e", "f"});
}

TEST_CASE("empty fields are kept, also the last one") {
  CHECK(all_of("a,,c,")[0].fields == fields{"a", "", "c", ""});
  CHECK(all_of(",\n")[0].fields == fields{"", ""});
}

TEST_CASE("quotes protect commas, line breaks and doubled quotes") {
  const auto all = all_of("\"a,b\",\"c\r\nd\",\"e\"\"f\"\nlast,x,y\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].fields == fields{"a,b", "c\r\nd", "e\"f"});
  CHECK(all[1].line == 3);
}

TEST_CASE("blank lines and a byte order mark are skipped, lines still count") {
  const auto all = all_of("\xEF\xBB\xBFone\n\n\r\ntwo\n\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].fields == fields{"one"});
  CHECK(all[1].line == 4);
}

TEST_CASE("an empty text has no records") { CHECK(all_of("").empty()); }

TEST_CASE("broken quotes are refused with their line") {
  CHECK(refusal_of("a\nb,\"c\nd").find("line 2:") == 0);
  CHECK(refusal_of("\"a\"b").find("line 1:") == 0);
  CHECK(refusal_of("x\na\"b\n").find("line 2:") == 0);
}

TEST_CASE("what is written is read back as it was") {
  const fields tricky{"plain", "a,b", "say \"x\"", "two\nlines", "", "ü"};
  const std::string line = csv_line(tricky);
  CHECK(line == "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",,ü\n");
  CHECK(all_of(line)[0].fields == tricky);
}

TEST_CASE("a record of one empty field is not mistaken for a blank line") {
  const fields lone{""};
  REQUIRE(all_of(csv_line(lone)).size() == 1);
  CHECK(all_of(csv_line(lone))[0].fields == lone);
}

TEST_CASE("with another delimiter, commas are text") {
  csv_reader reader("a;b,c;\"d;e\"\n", ';');
  csv_record one;
  REQUIRE(*reader.next(one));
  CHECK(one.fields == fields{"a", "b,c", "d;e"});
  csv_reader broken("\"a\",b\n", '\t');
  CHECK(broken.next(one).error().detail.find("expected a tab") != std::string::npos);
}

TEST_CASE("the delimiter is the first one of the header") {
  using lars::base::delimiter_of;
  CHECK(delimiter_of("modid,cmdid;x\n") == ',');
  CHECK(delimiter_of("modid;cmdid\n1,1\n") == ';');
  CHECK(delimiter_of("\xEF\xBB\xBF\r\n\nmodid\tcmdid\r\n") == '\t');
  CHECK(delimiter_of("\"modid\";\"cmdid\"\n") == ';');
  for (const char* text : {"", "modid", "modid\n1;2\n"}) CHECK(delimiter_of(text) == ',');
}

}  // namespace lars::csv_test
