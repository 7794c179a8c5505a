#include "reporter/inbox.hpp"

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

namespace lars::inbox_test {

using namespace lars::reporter;

namespace {

std::shared_ptr<net::tcp_connection> peer() {
  static boost::asio::io_context context;
  return std::make_shared<net::tcp_connection>(boost::asio::ip::tcp::socket(context), net::connection_limits{});
}

base::agent_id agent(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

batch made(const std::shared_ptr<net::tcp_connection>& from, char name, std::uint64_t seq) {
  batch one;
  one.from = from;
  one.report.results.resize(10);
  if (name == 0) return one;
  one.report.agent = agent(name);
  one.report.seq = seq;
  one.report.features = 1;
  return one;
}

const std::size_t one_size = made(nullptr, 'a', 1).size();

}  // namespace

TEST_CASE("batches of an incarnation come out of one queue in their order") {
  inbox box(4, 1 << 20);
  const auto from = peer();
  const std::size_t queue = box.queue_of(made(from, 'a', 1));
  for (std::uint64_t seq = 1; seq <= 3; ++seq) CHECK(box.offer(made(from, 'a', seq)) == inbox::answer::taken);
  const auto taken = box.pop(queue, 1000);
  REQUIRE(taken.size() == 3);
  CHECK(taken[0].report.seq == 1);
  CHECK(taken[2].report.seq == 3);
  CHECK(box.empty(queue));
  CHECK(box.held() == 3 * one_size);
  box.done(3 * one_size);
  CHECK(box.held() == 0);
}

TEST_CASE("a flush takes whole batches up to its rows, and one at least") {
  inbox box(1, 1 << 20);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) [[maybe_unused]] const auto answer = box.offer(made(peer(), 'a', seq));
  CHECK(box.pop(0, 25).size() == 2);
  CHECK(box.pop(0, 1).size() == 1);
  CHECK(box.pop(0, 1000).size() == 2);
}

TEST_CASE("a full inbox turns an agent away and tells it later where to go on") {
  inbox box(1, 3 * one_size);
  const auto from = peer();
  for (std::uint64_t seq = 1; seq <= 3; ++seq) REQUIRE(box.offer(made(from, 'a', seq)) == inbox::answer::taken);
  CHECK(box.offer(made(from, 'a', 4)) == inbox::answer::turned_away);
  CHECK(box.offer(made(from, 'a', 5)) == inbox::answer::turned_away);
  CHECK(box.pop_waiting(one_size).empty());
  box.done(2 * one_size);
  const auto told = box.pop_waiting(one_size);
  REQUIRE(told.size() == 1);
  CHECK(told[0].connection == from);
  CHECK(told[0].agent == agent('a'));
  CHECK(told[0].next_missing == 4);
  CHECK(box.offer(made(from, 'a', 4)) == inbox::answer::taken);
}

TEST_CASE("what comes after a batch that was turned away is not taken, even where there is room by then") {
  inbox box(1, 2 * one_size);
  const auto from = peer();
  REQUIRE(box.offer(made(from, 'a', 1)) == inbox::answer::taken);
  REQUIRE(box.offer(made(from, 'a', 2)) == inbox::answer::taken);
  REQUIRE(box.offer(made(from, 'a', 3)) == inbox::answer::turned_away);
  box.done(2 * one_size);
  CHECK(box.offer(made(from, 'a', 4)) == inbox::answer::turned_away);
  // Another incarnation is not concerned.
  CHECK(box.offer(made(from, 'b', 1)) == inbox::answer::taken);
}

TEST_CASE("an old agent's batches are all kept, but it is told to wait") {
  inbox box(1, one_size);
  const auto from = peer();
  CHECK(box.offer(made(from, 0, 0)) == inbox::answer::taken);
  CHECK(box.offer(made(from, 0, 0)) == inbox::answer::turned_away);
  CHECK(box.offer(made(from, 0, 0)) == inbox::answer::turned_away);
  CHECK(box.pop(0, 1000).size() == 3);
  box.done(3 * one_size);
  const auto told = box.pop_waiting(one_size);
  REQUIRE(told.size() == 1);
  CHECK(told[0].agent.is_none());
}

TEST_CASE("those who wait are told in turn, as many as there is room for") {
  inbox box(1, 10 * one_size);
  std::vector<std::shared_ptr<net::tcp_connection>> peers;
  for (std::uint64_t seq = 1; seq <= 10; ++seq) REQUIRE(box.offer(made(peer(), 'x', seq)) == inbox::answer::taken);
  for (int i = 0; i < 5; ++i) {
    peers.push_back(peer());
    REQUIRE(box.offer(made(peers.back(), 'a', 1)) == inbox::answer::turned_away);
  }
  box.done(6 * one_size);
  const auto first = box.pop_waiting(3 * one_size);
  REQUIRE(first.size() == 2);
  CHECK(first[0].connection == peers[0]);
  CHECK(box.waiting() == 3);
  box.forget(peers[2].get());
  CHECK(box.waiting() == 2);
  box.done(4 * one_size);
  CHECK(box.pop_waiting(one_size).size() == 2);
}

TEST_CASE("one batch is taken whatever its size when nothing else is held") {
  inbox box(1, 1);
  CHECK(box.offer(made(peer(), 'a', 1)) == inbox::answer::taken);
  CHECK(box.offer(made(peer(), 'b', 1)) == inbox::answer::turned_away);
}

}  // namespace lars::inbox_test
