#include "agent/service/reader_epochs.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

namespace lars::reader_epochs_test {

using namespace lars::agent;
using namespace std::chrono_literals;

TEST_CASE("a removed object may be freed once every reader that may use it has left") {
  reader_epochs epochs;
  CHECK(epochs.oldest() > epochs.advance());
  reader_epochs::reader one(epochs);
  reader_epochs::reader other(epochs);
  one.enter();
  const auto first = epochs.advance();
  CHECK(epochs.oldest() <= first);
  // Who comes later does not find it.
  other.enter();
  one.leave();
  CHECK(epochs.oldest() > first);
  const auto second = epochs.advance();
  CHECK(epochs.oldest() <= second);
  one.enter();
  other.leave();
  CHECK(epochs.oldest() > second);
  one.leave();
  CHECK(epochs.oldest() > epochs.advance());
}

TEST_CASE("a destroyed reader holds nothing back") {
  reader_epochs epochs;
  std::uint64_t before = 0;
  {
    const reader_epochs::visit looking(epochs);
    before = epochs.advance();
    CHECK(epochs.oldest() <= before);
  }
  CHECK(epochs.oldest() > before);
}

// Looks for objects freed while a reader uses them: a writer removes one object after another and marks those
// that are free. A reader that sees the mark used a freed object.
namespace {

struct thing {
  std::atomic<bool> is_free{false};
  unsigned plain = 0;  // written when it is free: a race with whoever still reads it
};

struct sightings {
  std::uint64_t looks = 0;
  std::uint64_t late = 0;
  std::uint64_t freed = 0;
};

// `announced`: readers announce their epoch.
sightings hunt(bool announced, std::chrono::milliseconds length) {
  std::array<thing, 64> things;
  std::atomic<thing*> current{&things[0]};
  reader_epochs epochs;
  std::atomic<bool> done{false};
  std::array<sightings, 3> seen;
  std::vector<std::thread> readers;
  for (auto& own : seen)
    readers.emplace_back([&] {
      reader_epochs::reader reader(epochs);
      unsigned sum = 0;  // may wrap around
      while (!done.load(std::memory_order_relaxed)) {
        if (announced) reader.enter();
        auto* const found = current.load(std::memory_order_acquire);
        for (int i = 0; i < 20; ++i) {
          ++own.looks;
          if (found->is_free.load(std::memory_order_relaxed)) ++own.late;
          if (announced) sum += found->plain;
          if (own.looks % 4096 == 0) std::this_thread::yield();
        }
        if (announced) reader.leave();
      }
      own.looks += sum == 1 ? 1 : 0;
    });
  struct gone {
    std::uint64_t epoch = 0;
    thing* what = nullptr;
  };
  std::vector<gone> waiting;
  std::vector<thing*> spare;
  for (std::size_t i = 1; i < things.size(); ++i) spare.push_back(&things[i]);
  std::uint64_t freed = 0;
  const auto until = std::chrono::steady_clock::now() + length;
  while (std::chrono::steady_clock::now() < until) {
    if (!spare.empty()) {
      auto* const next = spare.back();
      spare.pop_back();
      next->is_free.store(false, std::memory_order_relaxed);
      auto* const old = current.exchange(next, std::memory_order_acq_rel);
      waiting.push_back({epochs.advance(), old});
    }
    const auto oldest = epochs.oldest();
    std::erase_if(waiting, [&](const gone& one) {
      if (one.epoch >= oldest) return false;
      one.what->is_free.store(true, std::memory_order_relaxed);
      if (announced) one.what->plain += 1;
      spare.push_back(one.what);
      ++freed;
      return true;
    });
  }
  done = true;
  for (auto& one : readers) one.join();
  sightings all{0, 0, freed};
  for (const auto& own : seen) {
    all.looks += own.looks;
    all.late += own.late;
  }
  return all;
}

}  // namespace

TEST_CASE("nothing is freed under a reader that announced itself") {
  const auto seen = hunt(true, 1000ms);
  CHECK(seen.late == 0);
  CHECK(seen.looks > 1000);
  CHECK(seen.freed > 10);
}

TEST_CASE("the test detects readers that do not announce themselves") {
  std::uint64_t late = 0;
  for (int attempt = 0; attempt < 10 && late == 0; ++attempt) late = hunt(false, 300ms).late;
  CHECK(late > 0);
}

}  // namespace lars::reader_epochs_test
