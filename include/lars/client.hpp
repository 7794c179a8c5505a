// Lars for C++20: which host to call next, and how the call went. Inline over <lars/lars.h>; link liblars.
//
//   auto agent = lars::client::open();
//   if (auto call = agent->pick({1, 1})) {
//     if (work_with(call->endpoint())) call->succeed();
//     else call->fail();
//   }
//
// Errors are those of the C interface: errc::overloaded, errc::no_such_module, and errc::system_error for an agent that
// cannot be asked, does not answer in time, or is not there.
#pragma once

#include <lars/lars.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <lars/error.hpp>
#include <lars/load.hpp>
#include <lars/types.hpp>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lars {

static_assert(static_cast<int>(errc::overloaded) == LARS_OVERLOAD &&
                  static_cast<int>(errc::system_error) == LARS_SYSTEM_ERROR &&
                  static_cast<int>(errc::no_such_module) == LARS_NO_SUCH_MODULE,
              "a result of the C interface is the errc of the same number");

// How to find the agent of this machine; what is left out comes from the environment, else it is the default
// (<lars/lars.h> tells which).
struct client_options {
  std::optional<std::string> dir{};       // where agent.sock is; empty text = no shared memory, UDP alone
  std::optional<std::string> udp{};       // "a.b.c.d:port", the first of the agent's three UDP ports
  std::chrono::milliseconds deadline{0};  // of a pick that has to wait, up to a minute; 0 = 1 s
};

// What a pick may be asked for besides its module; views need to live as long as the pick alone.
struct pick_options {
  std::string_view key{};                 // for policies that hash one; empty = none
  std::span<const endpoint> exclude{};    // not picked unless there is no other; up to LARS_EXCLUDE_MAX
  std::uint32_t cost = 1;                 // of the call, in the caller's own unit
  std::chrono::milliseconds deadline{0};  // for this pick; 0 = the client's
};

// How a call ended, and what else is known of it.
struct finish_options {
  int code = 0;            // 0 = well, any other code of the caller's own = badly
  std::uint32_t cost = 0;  // of the call, in the caller's own unit; 0 = what its pick said
  lars::load load{};       // what the host said of itself with its answer (parse_load); its in_flight is of no account
};

// One call from its pick to its end. Dropped without an end it counts as abandoned: judged by nobody.
// Lifetime: within its client's. Threads: one at a time, any.
class [[nodiscard]] call {
public:
  // What a client makes a call of.
  class unpicked {
    friend class client;
    unpicked() = default;
  };
  explicit call(unpicked) noexcept {}
  call(call&& other) noexcept : client_(std::exchange(other.client_, nullptr)), kept_(other.kept_) {}
  call& operator=(call&& other) noexcept {
    if (this == &other) return *this;
    abandon();
    client_ = std::exchange(other.client_, nullptr);
    kept_ = other.kept_;
    return *this;
  }
  ~call() { abandon(); }

  // The host to call.
  lars::endpoint endpoint() const noexcept { return {kept_.ip, kept_.port}; }
  route_key module_key() const noexcept { return {kept_.modid, kept_.cmdid}; }

  // How the call went, told once: afterwards these do nothing. How long it took is the time since its pick.
  void succeed() noexcept {
    end([](lars_t* client, lars_call_t* kept) { lars_succeed(client, kept); });
  }
  // `code` is the caller's own, other than 0.
  void fail(int code = 1) noexcept {
    end([code](lars_t* client, lars_call_t* kept) { lars_fail(client, kept, code); });
  }
  void finish(const finish_options& how) noexcept {
    const lars_finish_options told = {sizeof told,          how.code,     how.cost,
                                      how.load.utilization, how.load.qps, how.load.eps};
    end([&told](lars_t* client, lars_call_t* kept) { lars_finish(client, kept, &told); });
  }
  void abandon() noexcept {
    end([](lars_t* client, lars_call_t* kept) { lars_abandon(client, kept); });
  }

private:
  friend class client;
  template <class End>
  void end(End told) noexcept {
    if (lars_t* const client = std::exchange(client_, nullptr)) told(client, &kept_);
  }

  lars_t* client_ = nullptr;  // null unless the call is under way
  lars_call_t kept_ = LARS_CALL_INIT;
};

// A client of this machine's agent; one serves the whole process. Starts no thread. Threads: any, except that it ends
// when no thread uses it any more and its calls have ended. After fork() both sides go on with it.
// Nothing waits longer than its deadline.
class client {
public:
  // Asks nobody yet, so it works before the agent does. errc::invalid_argument for an address or a deadline that is not
  // allowed, in options or environment.
  static result<client> open(const client_options& options = {}) {
    const auto deadline = in_milliseconds(options.deadline);
    lars_options given = LARS_OPTIONS_INIT;
    given.dir = options.dir ? options.dir->c_str() : nullptr;
    given.udp = options.udp ? options.udp->c_str() : nullptr;
    given.deadline_ms = deadline;
    if (lars_t* const opened = lars_open(&given)) return client(opened);
    if (errno == EINVAL) return {errc::invalid_argument, "an address or a deadline of the client"};
    throw std::bad_alloc();
  }

  // The host to call next.
  result<call> pick(route_key module, const pick_options& options = {}) {
    if (asks_for_nothing(options)) return pick_with(module, nullptr);
    lars_pick_options given = LARS_PICK_OPTIONS_INIT;
    given.key = options.key.data();
    given.key_size = options.key.size();
    given.cost = options.cost;
    given.deadline_ms = in_milliseconds(options.deadline);
    if (options.exclude.empty()) return pick_with(module, &given);
    std::array<lars_host_t, LARS_EXCLUDE_MAX> hosts;
    if (options.exclude.size() > hosts.size()) return {errc::invalid_argument, "too many hosts are excluded"};
    std::ranges::transform(options.exclude, hosts.begin(), as_host);
    given.exclude = hosts.data();
    given.exclude_count = options.exclude.size();
    return pick_with(module, &given);
  }

  // All hosts of a module that take calls, each once; of a module with a subset, those that the agent uses.
  result<std::vector<endpoint>> route(route_key module) {
    std::vector<lars_host_t> hosts(16, as_host({}));
    while (true) {
      std::size_t total = 0;
      const int code = lars_route(handle_.get(), module.modid, module.cmdid, hosts.data(), hosts.size(), &total);
      if (code != LARS_OK) return static_cast<errc>(code);
      const bool whole = total <= hosts.size();
      hosts.resize(total, as_host({}));
      if (!whole) continue;
      std::vector<endpoint> found(total);
      std::ranges::transform(hosts, found.begin(), [](const lars_host_t& one) { return endpoint{one.ip, one.port}; });
      return found;
    }
  }

  // How a call went that was picked elsewhere: 0 = well, any other code = not. A latency of 0 = not known.
  void report(route_key module, endpoint where, int code, std::chrono::microseconds latency = {}) {
    const lars_host_t host = as_host(where);
    const auto known = std::clamp<std::int64_t>(latency.count(), 0, UINT32_MAX);
    lars_report(handle_.get(), module.modid, module.cmdid, &host, code, static_cast<std::uint32_t>(known));
  }

private:
  explicit client(lars_t* opened) noexcept : handle_(opened, lars_close) {}

  static bool asks_for_nothing(const pick_options& options) noexcept {
    return options.key.empty() && options.exclude.empty() && options.cost <= 1 && options.deadline.count() == 0;
  }

  // Picked where it is returned: a call is not copied on its way.
  result<call> pick_with(route_key module, const lars_pick_options* given) {
    result<call> made(std::in_place, call::unpicked());
    const int code = lars_pick(handle_.get(), module.modid, module.cmdid, given, &made->kept_);
    if (code == LARS_OK)
      made->client_ = handle_.get();
    else
      made = result<call>(static_cast<errc>(code));
    return made;
  }

  static lars_host_t as_host(endpoint where) noexcept { return {sizeof(lars_host_t), where.ip, where.port}; }

  // What is out of range stays so.
  static std::uint32_t in_milliseconds(std::chrono::milliseconds span) noexcept {
    return span.count() < 0 || span.count() > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(span.count());
  }

  std::unique_ptr<lars_t, void (*)(lars_t*)> handle_;
};

}  // namespace lars
