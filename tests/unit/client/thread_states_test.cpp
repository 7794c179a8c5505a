#include "client/thread_states.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <thread>
#include <vector>

namespace lars::thread_states_test {

using namespace lars::client;

namespace {

struct counted_states final : thread_states {
  std::unique_ptr<thread_state> make() override {
    ++made;
    return std::make_unique<thread_state>();
  }
  std::atomic<int> made{0};
};

}  // namespace

TEST_CASE("a thread keeps its state, and no other has it") {
  counted_states owner;
  std::vector<std::thread> threads;
  std::vector<thread_state*> states(8);
  std::atomic<std::size_t> ready{0};
  for (auto& mine : states)
    threads.emplace_back([&] {
      mine = &owner.mine();
      // All at once: a thread that ends hands its state on.
      for (++ready; ready < states.size();) std::this_thread::yield();
      CHECK(&owner.mine() == mine);
    });
  for (auto& one : threads) one.join();
  CHECK(std::set(states.begin(), states.end()).size() == states.size());
}

TEST_CASE("ten thousand threads, one after the other, need one state") {
  counted_states owner;
  for (int i = 0; i < 10000; ++i) std::thread([&] { owner.mine(); }).join();
  CHECK(owner.made == 1);
}

TEST_CASE("numbers tell an owner's states apart, serials its owners") {
  counted_states first;
  counted_states second;
  CHECK(first.serial() != second.serial());
  auto& mine = first.mine();
  CHECK(mine.number() == 1);
  CHECK(&second.mine() != &mine);
  CHECK(&first.mine() == &mine);
  std::thread([&] { CHECK(first.mine().number() == 2); }).join();
}

TEST_CASE("a thread may end after the owner of its state") {
  auto owner = std::make_unique<counted_states>();
  std::atomic<int> step{0};
  std::thread late([&] {
    owner->mine();
    step = 1;
    while (step != 2) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  owner.reset();
  step = 2;
  late.join();
  counted_states next;
  next.mine();
  CHECK(next.made == 1);
}

// As static objects do at the end of a program: main's thread-local objects are gone by then.
TEST_CASE("a state is there even for what runs after a thread gave its states back") {
  static counted_states owner;
  static counted_states other;
  struct late_user {
    ~late_user() {
      auto& mine = owner.mine();
      other.mine();
      result = &owner.mine() == &mine;
    }
    std::atomic<bool>& result;
  };
  std::atomic<bool> kept{false};
  thread_state* given_back = nullptr;
  std::thread([&] {
    // Made first, so destroyed last.
    thread_local late_user user{kept};
    (void)user.result.load();
    given_back = &owner.mine();
    other.mine();
  }).join();
  CHECK(kept);
  CHECK(given_back != nullptr);
}

}  // namespace lars::thread_states_test
