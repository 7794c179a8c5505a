#include "agent/results/outbox.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace lars::outbox_test {

using namespace lars::agent;
using namespace std::chrono_literals;

namespace {

const base::time_point start{};

base::agent_id incarnation(char name) { return *base::agent_id::from_bytes(std::string(16, name)); }

spooled_batch batch(char name, std::uint64_t seq) { return {incarnation(name), seq, std::string(100, 'x')}; }

outbox filled(std::uint64_t first, std::uint64_t last, char name = 'a') {
  outbox box(1000);
  for (std::uint64_t seq = first; seq <= last; ++seq) box.add(batch(name, seq));
  return box;
}

// Sends everything pending; returns the seqs in order.
std::vector<std::uint64_t> sent(outbox& box, base::time_point now = start) {
  std::vector<std::uint64_t> seqs;
  while (const auto* next = box.next(now)) seqs.push_back(next->seq);
  return seqs;
}

using seqs = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("batches are sent once, in order, and removed when acknowledged") {
  auto box = filled(1, 3);
  CHECK(box.room() == 700);
  CHECK(sent(box) == seqs{1, 2, 3});
  CHECK(sent(box).empty());
  const auto done = box.on_committed(incarnation('a'), 2);
  REQUIRE(done);
  CHECK(done->seq == 2);
  CHECK(box.room() == 900);
  CHECK(box.done() == 2);
  CHECK_FALSE(box.on_committed(incarnation('a'), 2));
  box.add(batch('a', 4));
  CHECK(sent(box) == seqs{4});
  CHECK(box.on_committed(incarnation('a'), 9)->seq == 4);
  CHECK(box.empty());
}

TEST_CASE("unacknowledged batches are sent again over a new connection") {
  auto box = filled(1, 3);
  CHECK(sent(box) == seqs{1, 2, 3});
  CHECK(box.on_committed(incarnation('a'), 1));
  box.restart();
  CHECK(sent(box) == seqs{2, 3});
  CHECK(box.resent() == 2);
}

TEST_CASE("an acknowledgement of unsent batches or of another id is ignored") {
  auto box = filled(1, 3);
  CHECK_FALSE(box.on_committed(incarnation('a'), 3));
  CHECK(sent(box) == seqs{1, 2, 3});
  CHECK_FALSE(box.on_committed(incarnation('b'), 3));
  CHECK(box.done() == 0);
}

TEST_CASE("a resend request rewinds to the batch asked for") {
  auto box = filled(1, 5);
  CHECK(sent(box).size() == 5);
  CHECK(box.on_resend(incarnation('a'), 2));
  CHECK(sent(box) == seqs{3, 4, 5});
  CHECK(box.on_committed(incarnation('a'), 5)->seq == 5);
  CHECK(box.on_resend(incarnation('a'), 5));
  CHECK(box.on_resend(incarnation('b'), 0));
}

TEST_CASE("a resend request for unsent batches changes nothing") {
  auto box = filled(1, 5);
  CHECK(box.next(start)->seq == 1);
  CHECK(box.on_resend(incarnation('a'), 3));
  CHECK(sent(box) == seqs{2, 3, 4, 5});
}

TEST_CASE("a resend request behind the acknowledged seq reveals lost batches") {
  auto box = filled(1, 5);
  CHECK(sent(box).size() == 5);
  CHECK(box.on_committed(incarnation('a'), 3));
  CHECK(box.on_resend(incarnation('a'), 3));
  CHECK_FALSE(box.on_resend(incarnation('a'), 2));
  CHECK_FALSE(box.on_resend(incarnation('a'), 0));
}

TEST_CASE("a resend request after the largest seq reveals no loss") {
  auto box = filled(1, 3);
  CHECK(sent(box).size() == 3);
  CHECK(box.on_resend(incarnation('a'), UINT64_MAX));
  CHECK(box.on_resend(incarnation('a'), UINT64_MAX - 1));
  CHECK(sent(box).empty());
}

TEST_CASE("the acknowledged seq is kept per incarnation") {
  auto box = filled(7, 9, 'a');
  box.add(batch('b', 1));
  CHECK(box.acknowledged(incarnation('a')) == 6);
  CHECK(box.acknowledged(incarnation('b')) == 0);
  CHECK(sent(box).size() == 4);
  CHECK(box.on_committed(incarnation('a'), 8));
  CHECK(box.acknowledged(incarnation('a')) == 8);
}

TEST_CASE("earlier incarnations are sent first and acknowledged separately") {
  auto box = filled(7, 8, 'a');
  box.add(batch('b', 1));
  CHECK(sent(box) == seqs{7, 8, 1});
  CHECK_FALSE(box.on_committed(incarnation('b'), 1));
  CHECK(box.on_committed(incarnation('a'), 8)->seq == 8);
  CHECK(box.on_committed(incarnation('b'), 1)->seq == 1);
  CHECK(box.empty());
}

TEST_CASE("batches sent to an old reporter count as delivered after a while") {
  auto box = filled(1, 2);
  CHECK(box.next(start)->seq == 1);
  CHECK(box.next(start + 3s)->seq == 2);
  CHECK_FALSE(box.pop_delivered(start - 1s));
  CHECK(box.pop_delivered(start + 1s)->seq == 1);
  CHECK_FALSE(box.pop_delivered(start + 1s));
  box.restart();
  CHECK(sent(box, start + 10s) == seqs{2});
  CHECK_FALSE(box.pop_delivered(start + 5s));
  CHECK(box.pop_delivered(start + 10s)->seq == 2);
}

TEST_CASE("dropping an incarnation removes its batches, sent or not") {
  auto box = filled(1, 3, 'a');
  box.add(batch('b', 1));
  CHECK(box.next(start)->seq == 1);
  box.drop(incarnation('a'));
  CHECK(sent(box) == seqs{1});
  CHECK(box.room() == 900);
  CHECK(box.on_committed(incarnation('b'), 1));
}

}  // namespace lars::outbox_test
