// Reporters on the nodes of a cluster that hear of each other's writes late, and agents that go from one to another:
// every batch counts once, and nobody is told that it was forgotten.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "reporter/aggregate.hpp"

namespace lars::late_nodes_test {

using namespace lars::reporter;

namespace {

// A row of progress with its writes, and how many of them each node has heard of. As Galera does it: a transaction
// reads what its node has heard of, and its commit fails where somebody has written a row of its plan since.
class cluster {
public:
  explicit cluster(std::size_t nodes) : heard_(nodes, 0) {}

  std::uint64_t read(std::size_t node) const { return writes_[heard_[node]]; }

  bool commit(std::size_t node, const flush_result& flush) {
    if (flush.plan.progress.empty()) return true;
    if (heard_[node] + 1 != writes_.size()) return false;
    writes_.push_back(flush.plan.progress[0].seq);
    heard_[node] = writes_.size() - 1;
    for (const auto& row : flush.plan.history) calls_ += row.sums.calls();
    return true;
  }

  void hear(std::size_t node, std::size_t more) { heard_[node] = std::min(heard_[node] + more, writes_.size() - 1); }
  std::uint64_t calls() const { return calls_; }

private:
  std::vector<std::uint64_t> writes_{0};
  std::vector<std::size_t> heard_;
  std::uint64_t calls_ = 0;
};

batch one_call(const base::agent_id& agent, std::uint64_t seq, std::uint64_t acked) {
  batch one;
  one.report.key = {1, 1};
  one.report.ts = 1000;
  one.report.agent = agent;
  one.report.seq = seq;
  one.report.acked = acked;
  one.report.features = 1;
  proto::call_result result;
  result.where = {10, 80};
  result.delta.succ = 1;
  one.report.results.push_back(result);
  return one;
}

}  // namespace

TEST_CASE("whatever a late node reads, every batch counts once and nothing acknowledged is asked for") {
  const auto agent = *base::agent_id::from_bytes(std::string(16, 'a'));
  const bool tells = GENERATE(true, false);  // an agent that does not tell what was acknowledged is one before 0.4
  std::mt19937_64 random(7);
  for (int run = 0; run < 200; ++run) {
    cluster database(3);
    std::uint64_t acked = 0, last = 0, refused = 0;
    for (int turn = 0; turn < 200; ++turn) {
      if (random() % 2 == 0) last += random() % 4;
      const std::size_t node = random() % 3;
      database.hear(node, random() % 3);
      std::vector<batch> batches;
      // Some of what was sent is on its way over another connection, so a batch may come without its predecessors.
      const std::uint64_t from = acked + 1 + (random() % 4 == 0 ? 1 : 0);
      const std::uint64_t until = acked + random() % (last - acked + 1);
      for (std::uint64_t seq = from; seq <= until; ++seq) batches.push_back(one_call(agent, seq, tells ? acked : 0));
      if (batches.empty()) continue;
      const std::vector<storage::agent_progress> progress{{agent, database.read(node)}};
      const auto flush = aggregate(batches, progress, {1000, {}});
      if (!database.commit(node, flush)) {
        ++refused;
        continue;
      }
      // The acknowledgement is lost now and then.
      const auto& outcome = flush.agents[0];
      if (outcome.gap && outcome.applied < acked) FAIL("it is told that what was acknowledged is forgotten");
      if (!outcome.gap && random() % 4 != 0) acked = std::max(acked, outcome.applied);
    }
    for (std::uint64_t seq = acked + 1; seq <= last; ++seq) {
      database.hear(0, 1'000'000);
      const std::vector batches{one_call(agent, seq, tells ? acked : 0)};
      const std::vector<storage::agent_progress> progress{{agent, database.read(0)}};
      REQUIRE(database.commit(0, aggregate(batches, progress, {1000, {}})));
    }
    CHECK(database.calls() == last);
    CHECK(refused > 0);
  }
}

}  // namespace lars::late_nodes_test
