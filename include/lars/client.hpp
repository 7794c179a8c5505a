// Lars for C++20: which host to call next, and how the call went. Inline over <lars/lars.h>; link liblars.
//
//   auto agent = lars::client::open();
//   if (auto call = agent->pick({1, 1})) {
//     if (work_with(call->endpoint())) call->succeed();
//     else call->fail();
//   }
//
// Errors are those of the C interface: errc::overloaded, errc::no_such_module, and errc::system_error where the agent
// does not answer in time or its port is closed.
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

// How to find the agent of this machine. For a field without a value the environment decides, else the default (see
// <lars/lars.h>).
struct client_options {
  std::optional<std::string> dir{};       // where agent.sock is; empty text = no shared memory, UDP alone
  std::optional<std::string> udp{};       // "a.b.c.d:port", the first of the agent's three UDP ports
  std::chrono::milliseconds deadline{0};  // of a pick that has to wait, up to a minute; 0 = 1 s
};

// Options of a pick. The views must live until it returns.
struct pick_options {
  std::string_view key{};                 // for policies that hash it; empty = none
  std::span<const endpoint> exclude{};    // picked only where there is no other host; up to LARS_EXCLUDE_MAX
  std::uint32_t cost = 1;                 // of the call, in the caller's own unit
  std::chrono::milliseconds deadline{0};  // for this pick; 0 = the client's
};

// How a call ended, with its cost and the load that its host reported.
struct finish_options {
  int code = 0;            // 0 = success, any other code of the caller's own = failure
  std::uint32_t cost = 0;  // the actual cost, in the caller's own unit; 0 = as given to the pick
  lars::load load{};       // what the host reported with its answer (parse_load); in_flight is ignored
};

// One call from its pick to its end. Destroyed without an end it is abandoned: it counts neither as success nor
// failure. Lifetime: within its client's. Threads: one at a time, any.
class [[nodiscard]] call {
public:
  // Used by client.
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

  // End the call; later ends do nothing. Its latency is the time since the pick.
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

  lars_t* client_ = nullptr;  // null unless the call is in flight
  lars_call_t kept_ = LARS_CALL_INIT;
};

// A client of this machine's agent; one serves the whole process. Starts no thread. Threads: any; it is destroyed when
// no thread uses it and its calls have ended. After fork() parent and child go on with it. No function waits longer
// than its deadline.
class client {
public:
  // Does not contact the agent, so it works before the agent has started. errc::invalid_argument for an invalid address
  // or deadline in options or environment.
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

  // Every host of a module that takes calls. Where the module has a subset size: the hosts that the agent uses.
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

  // One of LARS_TRANSPORT_*: how this thread's next pick reaches the agent. For diagnostics.
  int transport() const { return lars_transport(handle_.get()); }

  // Reports a call that was picked elsewhere: 0 = success, any other code = failure. A latency of 0 = unknown.
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

  // Picks in place: the call is not copied on its way out.
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

  // A value out of range stays out of range.
  static std::uint32_t in_milliseconds(std::chrono::milliseconds span) noexcept {
    return span.count() < 0 || span.count() > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(span.count());
  }

  std::unique_ptr<lars_t, void (*)(lars_t*)> handle_;
};

}  // namespace lars
