// The agent's stable id: stored in its state directory, mixed with the machine's.
#include "agent/local/stable_id.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "running_agent.hpp"

namespace lars::stable_id_test {

using agent::stable_id;
using lars::test::scratch_directory;

namespace {

struct machine {
  explicit machine(const std::string& id) { write(id); }
  void write(const std::string& id) const { std::ofstream(path()) << id; }
  std::filesystem::path path() const { return home.path() / "machine-id"; }
  scratch_directory home;
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("the id is stable over restarts and differs between state directories") {
  const machine here("8f2d");
  scratch_directory one, other;
  const auto id = stable_id(one.path(), here.path());
  CHECK(stable_id(one.path(), here.path()) == id);
  CHECK(content(one.path() / "agent.id").size() == 33);
  CHECK(stable_id(other.path(), here.path()) != id);
}

TEST_CASE("machines cloned with their state directory differ by the machine's id") {
  const machine here("8f2d\n"), there("8f2e\n"), same("8f2d");
  scratch_directory state;
  const auto id = stable_id(state.path(), here.path());
  CHECK(stable_id(state.path(), there.path()) != id);
  CHECK(stable_id(state.path(), same.path()) == id);
}

TEST_CASE("a missing or huge machine id is not an error") {
  scratch_directory state;
  const auto id = stable_id(state.path(), state.path() / "absent");
  CHECK(stable_id(state.path(), state.path() / "absent") == id);
  const machine huge(std::string(1 << 20, 'x'));
  const auto other = stable_id(state.path(), huge.path());
  CHECK(other != id);
  CHECK(stable_id(state.path(), huge.path()) == other);
}

TEST_CASE("a known id gives a known number, so that upgrades keep subsets") {
  const machine here("b08dfa6083e7567a1921a715000001fb\n");
  scratch_directory state;
  std::ofstream(state.path() / "agent.id") << "000102030405060708090a0b0c0d0e0f\n";
  CHECK(stable_id(state.path(), here.path()) == 0x6d626ddd85cc2efc);
  CHECK(stable_id(state.path(), "/nonexistent") == 0x8dfdbaa723e3d828);
}

TEST_CASE("a damaged file is renamed, an empty one is filled") {
  const machine here("8f2d");
  for (const std::string bad : {"", "0001", "000102030405060708090a0b0c0d0e0f", "000102030405060708090a0b0c0d0e0f\nx",
                                "000102030405060708090A0B0C0D0E0F\n"}) {
    scratch_directory state;
    std::ofstream(state.path() / "agent.id") << bad;
    const auto id = stable_id(state.path(), here.path());
    CHECK(stable_id(state.path(), here.path()) == id);
    CHECK(std::filesystem::exists(state.path() / "agent.id.damaged") == !bad.empty());
    if (!bad.empty()) CHECK(content(state.path() / "agent.id.damaged") == bad);
  }
}

TEST_CASE("if no id can be saved each start gets another one") {
  const machine here("8f2d");
  scratch_directory state;
  std::filesystem::create_directory(state.path() / "agent.id");
  CHECK(stable_id(state.path(), here.path()) != stable_id(state.path(), here.path()));
}

}  // namespace lars::stable_id_test
