#include "net/write_queue.hpp"

#include <catch2/catch.hpp>

using namespace lars::net;

namespace {

shared_bytes bytes(std::size_t size) { return std::make_shared<const std::string>(size, 'x'); }

}  // namespace

TEST_CASE("a queue takes bytes up to its limit, those being written included") {
  write_queue queue(100);
  CHECK(queue.push(bytes(60)));
  CHECK(queue.take().size() == 1);
  CHECK(queue.empty());
  CHECK(queue.push(bytes(60)));
  CHECK_FALSE(queue.push(bytes(60)));
  queue.done();
  CHECK(queue.size() == 60);
  CHECK(queue.push(bytes(40)));
}

TEST_CASE("one message passes an empty queue whatever its size") {
  write_queue queue(10);
  CHECK(queue.push(bytes(1000)));
  CHECK_FALSE(queue.push(bytes(1)));
}
