#include "http/accept_encoding.hpp"

#include <catch2/catch.hpp>

namespace lars::accept_encoding_test {

using http::encoding_weight;

TEST_CASE("a coding has the weight that the peer gives it") {
  CHECK(encoding_weight("gzip, deflate, br", "br") == 1000);
  CHECK(encoding_weight("GZIP;q=0.5 , br;q=1.0", "gzip") == 500);
  CHECK(encoding_weight("br ; Q=0.25", "br") == 250);
  CHECK(encoding_weight("br;q=0.123", "br") == 123);
  CHECK(encoding_weight("gzip;q=0", "gzip") == 0);
  CHECK(encoding_weight("gzip;q=0.000", "gzip") == 0);
  CHECK(encoding_weight("", "gzip") == 0);
  CHECK(encoding_weight("gzip", "br") == 0);
  CHECK(encoding_weight("xgzip", "gzip") == 0);
}

TEST_CASE("* stands for those that are not named") {
  CHECK(encoding_weight("gzip;q=0, *;q=0.3", "br") == 300);
  CHECK(encoding_weight("*, gzip;q=0", "gzip") == 0);
}

TEST_CASE("a weight that is none is 0") {
  for (const char* field : {"br;q=x", "br;x=1", "br;q=", "br;q=0.x", "br;q=-1", "br;"}) {
    INFO(field);
    CHECK(encoding_weight(field, "br") == 0);
  }
}

}  // namespace lars::accept_encoding_test
