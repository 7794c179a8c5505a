#include "storage/sql/server_role.hpp"

#include <catch2/catch.hpp>

namespace lars::server_role_test {

using namespace lars::storage;
using verdict = server_watch::verdict;

TEST_CASE("a server that takes writes no more is demoted until it does again") {
  server_watch watch;
  CHECK(watch.on_connected({"a", false}) == verdict::another);
  CHECK(watch.on_connected({"a", false}) == verdict::same);
  CHECK(watch.on_connected({"a", true}) == verdict::demoted);
  CHECK(watch.on_connected({"b", true}) == verdict::demoted);
  watch.on_lost();
  CHECK(watch.on_connected({"a", true}) == verdict::demoted);
  CHECK(watch.on_connected({"b", false}) == verdict::another);
}

TEST_CASE("a replica that was one from the start is read until a writable server has been seen") {
  server_watch watch;
  CHECK(watch.on_connected({"replica", true}) == verdict::another);
  CHECK(watch.on_connected({"replica", true}) == verdict::same);
  CHECK(watch.on_connected({"replica 2", true}) == verdict::another);
  CHECK(watch.on_connected({"replica 2", false}) == verdict::same);
  CHECK(watch.on_connected({"replica 2", true}) == verdict::demoted);
}

TEST_CASE("after a loss the same server counts as another") {
  server_watch watch;
  watch.on_connected({"a", false});
  watch.on_lost();
  CHECK(watch.on_connected({"a", false}) == verdict::another);
}

}  // namespace lars::server_role_test
