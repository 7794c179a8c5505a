#include "net/write_queue.hpp"

#include <catch2/catch.hpp>

namespace lars::write_queue_test {

using namespace lars::net;

namespace {

shared_bytes bytes(std::size_t size) { return std::make_shared<const std::string>(size, 'x'); }

}  // namespace

TEST_CASE("a queue accepts bytes up to its limit, including bytes being written") {
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

TEST_CASE("an empty queue accepts a message of any size") {
  write_queue queue(10);
  CHECK(queue.push(bytes(1000)));
  CHECK_FALSE(queue.push(bytes(1)));
}

}  // namespace lars::write_queue_test
