#include "share/attach.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <utility>

#include "support/temp_dir.hpp"

namespace lars::attach_test {

using namespace lars::share;

namespace {

std::pair<descriptor, descriptor> two_ends() {
  int ends[2] = {};
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  return {descriptor(ends[0]), descriptor(ends[1])};
}

}  // namespace

TEST_CASE("a message and its descriptors arrive whole") {
  const auto [here, there] = two_ends();
  const auto file = make_memory_file("test");
  REQUIRE(allocate(file->get(), 0, 4096));
  const int given[] = {file->get(), file->get()};
  REQUIRE(send_message(here.get(), {.kind = attach_kind::want, .ticket = 7, .modid = -1, .cmdid = 2}, given));
  attach_message heard;
  std::vector<descriptor> files;
  REQUIRE(receive_message(there.get(), heard, files) == received::message);
  CHECK(heard.kind == attach_kind::want);
  CHECK(heard.ticket == 7);
  CHECK(heard.modid == -1);
  REQUIRE(files.size() == 2);
  CHECK(files[0].get() != files[1].get());
  CHECK((::fcntl(files[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(receive_message(there.get(), heard, files) == received::nothing);
}

TEST_CASE("what is no message of ours is told apart from silence and from an end") {
  auto [here, there] = two_ends();
  attach_message heard;
  std::vector<descriptor> files;
  const std::string junk(200, 'x');
  for (const std::size_t size : {1, 63, 64, 65, 200}) {
    REQUIRE(::send(here.get(), junk.data(), size, 0) == static_cast<ssize_t>(size));
    CHECK(receive_message(there.get(), heard, files) == received::rubbish);
  }
  here.reset();
  CHECK(receive_message(there.get(), heard, files) == received::closed);
}

TEST_CASE("a message to nobody fails, and nothing else happens") {
  auto [here, there] = two_ends();
  there.reset();
  CHECK_FALSE(send_message(here.get(), {}));
  const std::vector<int> many(201, 0);
  CHECK_FALSE(send_message(here.get(), {}, many));
}

TEST_CASE("an agent's socket takes the place of a dead one's, for its group alone") {
  test::temp_dir directory;
  const auto path = directory.path() / socket_name;
  {
    const auto dead = listen_at(directory.path().string(), "");
    REQUIRE(dead);
  }
  CHECK(connect_to(directory.path().string()).error().code == errc::connection_refused);
  const auto listening = listen_at(directory.path().string(), "");
  REQUIRE(listening);
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0660);
  CHECK(connect_to(directory.path().string()));
}

TEST_CASE("a directory that is not there, a path too long, a group that nobody has") {
  test::temp_dir directory;
  CHECK(connect_to((directory.path() / "none").string()).error().code == errc::connection_refused);
  CHECK(listen_at((directory.path() / "none").string(), "").error().code == errc::io_failed);
  CHECK(listen_at(std::string(200, 'x'), "").error().code == errc::invalid_argument);
  CHECK(connect_to(std::string(200, 'x')).error().code == errc::invalid_argument);
  CHECK(listen_at(directory.path().string(), "no-such-group-here").error().code == errc::invalid_argument);
}

TEST_CASE("each status has a text of its own") {
  std::vector<std::string> texts;
  for (std::uint32_t n = 0; n <= 7; ++n) texts.emplace_back(text_of(static_cast<attach_status>(n)));
  std::ranges::sort(texts);
  CHECK(std::ranges::adjacent_find(texts) == texts.end());
  CHECK(std::string(text_of(static_cast<attach_status>(99))) == "unknown status");
}

}  // namespace lars::attach_test
