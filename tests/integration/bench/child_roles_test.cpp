#include "bench/child_roles.hpp"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>

namespace lars::child_roles_test {

using lars::bench::child_role;
namespace fs = std::filesystem;

namespace {

// An executable script in a temporary directory.
class script {
public:
  explicit script(const std::string& body) {
    std::string name = (fs::temp_directory_path() / "lars-child-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    dir_ = name;
    std::ofstream(path()) << "#!/bin/sh\n" << body;
    fs::permissions(path(), fs::perms::owner_all);
  }
  script(const script&) = delete;
  script& operator=(const script&) = delete;
  ~script() { fs::remove_all(dir_); }
  fs::path path() const { return dir_ / "role"; }

private:
  fs::path dir_;
};

}  // namespace

TEST_CASE("a role is up once it prints its port, and ends with its owner") {
  const script program(
      "test \"$1\" = --role=dns || exit 1\necho starting\necho \"listening role=dns port=4711 $2\"\nexec sleep 60\n");
  pid_t pid = 0;
  {
    const auto role = child_role::start(program.path(), "dns", {"more"}, std::nullopt);
    REQUIRE(role);
    CHECK((*role)->port() == 4711);
    pid = (*role)->pid();
    CHECK(::kill(pid, 0) == 0);
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("a role that ends before it listens is an error") {
  const script program("exit 78\n");
  const auto role = child_role::start(program.path(), "agent", {}, std::nullopt);
  REQUIRE_FALSE(role);
  CHECK(role.error().detail == "role agent: it ended at once");
}

}  // namespace lars::child_roles_test
