#include <lars/lars.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <set>
#include <string>

namespace lars::c_api_test {

// What needs no agent: nothing here sends or waits.

namespace {

using client = std::unique_ptr<lars_t, void (*)(lars_t*)>;

// NULL as the program would get it, with errno cleared before.
client open(const lars_options* options) {
  errno = 0;
  return {lars_open(options), lars_close};
}

client plain() {
  lars_options options = LARS_OPTIONS_INIT;
  options.dir = "";
  options.udp = "127.0.0.1:9";
  options.deadline_ms = 1;
  return open(&options);
}

// Refused for its arguments, not for want of an agent.
template <class Ask>
bool refuses(Ask ask) {
  errno = 0;
  return ask() == LARS_SYSTEM_ERROR && errno == EINVAL;
}

const std::initializer_list<std::size_t> insane = {0, 1, 7, 12, 33, 4104, SIZE_MAX - 7, SIZE_MAX};

}  // namespace

TEST_CASE("a client opens without an agent, and closes") {
  CHECK(open(nullptr));
  CHECK(plain());
  lars_close(nullptr);
}

TEST_CASE("options of an older program are taken, those it does not know of have their defaults") {
  lars_options options{};
  options.deadline_ms = 60001;  // not looked at: it is past the size
  options.udp = "rubbish";
  options.dir = "/nowhere";
  options.size = offsetof(lars_options, udp);
  CHECK(open(&options));
  options.size = offsetof(lars_options, deadline_ms);
  CHECK_FALSE(open(&options));
}

TEST_CASE("options of a newer program are taken as far as they are known") {
  struct newer {
    lars_options known = LARS_OPTIONS_INIT;
    std::uint64_t unknown = ~std::uint64_t{0};
  } options;
  options.known.size = sizeof options;
  CHECK(open(&options.known));
}

TEST_CASE("options of an insane size, a wrong address and a wrong deadline are refused with EINVAL") {
  lars_options options = LARS_OPTIONS_INIT;
  for (const std::size_t size : insane) {
    INFO(size);
    options.size = size;
    CHECK_FALSE(open(&options));
    CHECK(errno == EINVAL);
  }
  options = LARS_OPTIONS_INIT;
  options.udp = "localhost:8888";
  CHECK_FALSE(open(&options));
  CHECK(errno == EINVAL);
  options = LARS_OPTIONS_INIT;
  options.deadline_ms = 60001;
  CHECK_FALSE(open(&options));
  CHECK(errno == EINVAL);
}

TEST_CASE("no function takes NULL for a client or a call") {
  const auto lars = plain();
  lars_call_t call = LARS_CALL_INIT;
  lars_host_t host = LARS_HOST_INIT;
  std::size_t total = 7;
  CHECK(refuses([&] { return lars_pick(nullptr, 1, 1, nullptr, &call); }));
  CHECK(refuses([&] { return lars_pick(lars.get(), 1, 1, nullptr, nullptr); }));
  CHECK(refuses([&] { return lars_route(nullptr, 1, 1, &host, 1, &total); }));
  CHECK(total == 0);
  CHECK(refuses([&] { return lars_route(lars.get(), 1, 1, nullptr, 1, &total); }));
  CHECK(refuses([&] { return lars_report(nullptr, 1, 1, &host, 0, 0); }));
  CHECK(refuses([&] { return lars_report(lars.get(), 1, 1, nullptr, 0, 0); }));
  CHECK(refuses([&] { return lars_transport(nullptr); }));
  CHECK(refuses([&] { return lars_succeed(nullptr, &call); }));
  CHECK(refuses([&] { return lars_succeed(lars.get(), nullptr); }));
  CHECK(refuses([&] { return lars_fail(lars.get(), nullptr, 1); }));
  CHECK(refuses([&] { return lars_abandon(lars.get(), nullptr); }));
  CHECK(refuses([&] { return lars_finish(nullptr, &call, nullptr); }));
  CHECK(refuses([&] { return lars_finish(lars.get(), nullptr, nullptr); }));
}

TEST_CASE("a client without shared memory says that it uses UDP") {
  CHECK(lars_transport(plain().get()) == LARS_TRANSPORT_UDP);
}

TEST_CASE("insane sizes of calls, hosts and pick options are refused") {
  const auto lars = plain();
  for (const std::size_t size : insane) {
    INFO(size);
    lars_call_t call = LARS_CALL_INIT;
    call.size = size;
    CHECK(refuses([&] { return lars_pick(lars.get(), 1, 1, nullptr, &call); }));
    CHECK(refuses([&] { return lars_succeed(lars.get(), &call); }));
    CHECK(refuses([&] { return lars_fail(lars.get(), &call, 1); }));
    CHECK(refuses([&] { return lars_abandon(lars.get(), &call); }));
    lars_host_t host = LARS_HOST_INIT;
    host.size = size;
    CHECK(refuses([&] { return lars_route(lars.get(), 1, 1, &host, 1, nullptr); }));
    CHECK(refuses([&] { return lars_report(lars.get(), 1, 1, &host, 0, 0); }));
    call = LARS_CALL_INIT;
    lars_pick_options options = LARS_PICK_OPTIONS_INIT;
    options.size = size;
    CHECK(refuses([&] { return lars_pick(lars.get(), 1, 1, &options, &call); }));
    lars_finish_options how = LARS_FINISH_OPTIONS_INIT;
    how.size = size;
    CHECK(refuses([&] { return lars_finish(lars.get(), &call, &how); }));
  }
}

TEST_CASE("a call or a host smaller than any version's is refused") {
  const auto lars = plain();
  lars_call_t call = LARS_CALL_INIT;
  call.size = sizeof call - 8;
  CHECK(refuses([&] { return lars_succeed(lars.get(), &call); }));
  lars_host_t host = LARS_HOST_INIT;
  host.size = 8;
  CHECK(refuses([&] { return lars_report(lars.get(), 1, 1, &host, 0, 0); }));
}

TEST_CASE("pick options that point nowhere or go too far are refused") {
  const auto lars = plain();
  lars_call_t call = LARS_CALL_INIT;
  lars_host_t hosts[LARS_EXCLUDE_MAX + 1];
  for (auto& host : hosts) host = LARS_HOST_INIT;
  const auto refused = [&](auto change) {
    lars_pick_options options = LARS_PICK_OPTIONS_INIT;
    change(options);
    return refuses([&] { return lars_pick(lars.get(), 1, 1, &options, &call); });
  };
  CHECK(refused([](auto& options) { options.key_size = 1; }));
  CHECK(refused([](auto& options) { options.exclude_count = 1; }));
  CHECK(refused([](auto& options) { options.deadline_ms = 60001; }));
  CHECK(refused([&](auto& options) {
    options.exclude = hosts;
    options.exclude_count = LARS_EXCLUDE_MAX + 1;
  }));
  hosts[0].size = 8;
  CHECK(refused([&](auto& options) {
    options.exclude = hosts;
    options.exclude_count = 1;
  }));
}

TEST_CASE("a call that was never picked is left alone by its end") {
  const auto lars = plain();
  lars_call_t call = LARS_CALL_INIT;
  const lars_call_t before = call;
  CHECK(lars_succeed(lars.get(), &call) == LARS_OK);
  CHECK(lars_fail(lars.get(), &call, 5) == LARS_OK);
  CHECK(lars_abandon(lars.get(), &call) == LARS_OK);
  CHECK(lars_finish(lars.get(), &call, nullptr) == LARS_OK);
  CHECK(std::memcmp(&before, &call, sizeof call) == 0);
}

TEST_CASE("a pick that fails leaves the call as it was, and its end alone") {
  const auto lars = plain();
  lars_call_t call = LARS_CALL_INIT;
  call.ip = 0x01020304;
  call.port = 80;
  const lars_call_t before = call;
  CHECK(lars_pick(lars.get(), 1, 1, nullptr, &call) == LARS_SYSTEM_ERROR);
  CHECK(std::memcmp(&before, &call, sizeof call) == 0);
  CHECK(lars_succeed(lars.get(), &call) == LARS_OK);
  CHECK(std::memcmp(&before, &call, sizeof call) == 0);
}

TEST_CASE("each result has its sentence") {
  std::set<std::string> texts;
  for (const int result : {LARS_OK + 0, LARS_OVERLOAD + 0, LARS_SYSTEM_ERROR + 0, LARS_NO_SUCH_MODULE + 0, 4})
    texts.insert(lars_strerror(result));
  CHECK(texts.size() == 5);
  CHECK(std::string(lars_strerror(-1)) == lars_strerror(4));
}

TEST_CASE("the library tells its version") { CHECK(std::string(lars_version()).find('.') != std::string::npos); }

}  // namespace lars::c_api_test
