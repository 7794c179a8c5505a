#include "reporter/storage_decider.hpp"

#include <catch2/catch.hpp>

namespace lars::storage_decider_test {

using reporter::storage_decider;
using storage::database_state;

namespace {

const result<void> answers;
const result<void> silent{errc::unavailable, "no answer"};
const result<void> read_only{errc::read_only, "read only"};

constexpr bool works = false;
constexpr bool fails = true;

}  // namespace

TEST_CASE("a database that works from the start is no news") {
  storage_decider decider;
  const auto decided = decider.on_check(answers, works);
  CHECK(decided.state == database_state::well);
  CHECK_FALSE(decided.changed);
}

TEST_CASE("a database that does not answer is lost, said once, until it answers") {
  storage_decider decider;
  // It is lost.
  const auto lost = decider.on_check(silent, works);
  CHECK(lost.state == database_state::lost);
  CHECK(lost.changed);
  // It is still lost.
  CHECK_FALSE(decider.on_check(silent, works).changed);
  // It is back.
  const auto back = decider.on_check(answers, works);
  CHECK(back.state == database_state::well);
  CHECK(back.changed);
}

TEST_CASE("a database that accepts no writes is not lost") {
  storage_decider decider;
  const auto decided = decider.on_check(read_only, works);
  CHECK(decided.state == database_state::cannot_write);
  CHECK(decided.changed);
  // What it lacks may change; that it does not work is no news.
  const auto lost = decider.on_check(silent, works);
  CHECK(lost.state == database_state::lost);
  CHECK_FALSE(lost.changed);
}

TEST_CASE("transactions that fail at two checks in a row count, at one they do not") {
  storage_decider decider;
  // One transaction failed.
  CHECK(decider.on_check(answers, fails).state == database_state::well);
  // The next one succeeded.
  CHECK(decider.on_check(answers, works).state == database_state::well);
  // They fail for longer.
  CHECK(decider.on_check(answers, fails).state == database_state::well);
  const auto failed = decider.on_check(answers, fails);
  CHECK(failed.state == database_state::cannot_write);
  CHECK(failed.changed);
  // They succeed.
  const auto mended = decider.on_check(answers, works);
  CHECK(mended.state == database_state::well);
  CHECK(mended.changed);
}

TEST_CASE("transactions that failed while the database was lost count at the first check after it") {
  storage_decider decider;
  CHECK(decider.on_check(silent, fails).state == database_state::lost);
  CHECK(decider.on_check(answers, fails).state == database_state::cannot_write);
}

}  // namespace lars::storage_decider_test
