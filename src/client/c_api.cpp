// The C interface: checks its arguments, calls client::caller, and turns results and exceptions into codes. Contracts
// are in <lars/lars.h>.
#include <lars/lars.h>

#include <array>
#include <cerrno>
#include <exception>
#include <new>
#include <optional>
#include <span>
#include <type_traits>

#include "balance/load/load_check.hpp"
#include "client/c_arguments.hpp"
#include "client/caller.hpp"
#include "client/client_settings.hpp"
#include "client/retcodes.hpp"

struct lars_handle {
  lars::client::caller caller;
};

namespace {

using lars::client::call;
using lars::client::guarded;
using lars::client::known_part;
using lars::client::refused;
using lars::client::sane;

constexpr std::size_t spare_words = 4;  // that later versions may use in a call

static_assert(LARS_EXCLUDE_MAX == lars::exclude_max);
static_assert(std::is_trivially_copyable_v<call>);
static_assert(alignof(call) <= alignof(std::uint64_t));
static_assert(sizeof(call) + spare_words * sizeof(std::uint64_t) <= sizeof(lars_call_t::opaque));
static_assert(offsetof(lars_call_t, opaque) == 24 && sizeof(lars_call_t) == 112, "programs were compiled with this");
static_assert(sizeof(lars_host_t) == 16 && sizeof(lars_options) == 32 && sizeof(lars_pick_options) == 48 &&
              sizeof(lars_finish_options) == 40);

bool usable(const lars_call_t* kept) { return kept != nullptr && sane<lars_call_t>(kept->size, sizeof(lars_call_t)); }
bool usable(const lars_host_t* host) { return host != nullptr && sane<lars_host_t>(host->size, sizeof(lars_host_t)); }

// Element n of an array whose first element states the size of each.
template <class Host>
Host& element(Host* hosts, std::size_t n) {
  using byte = std::conditional_t<std::is_const_v<Host>, const char, char>;
  return *reinterpret_cast<Host*>(reinterpret_cast<byte*>(hosts) + n * hosts->size);
}

// The call in the program's own struct. A copy would be read as whole words before its parts reach the cache, and
// stall on store forwarding. Nothing here accesses these words by their declared type.
call& call_in(lars_call_t& kept) { return *std::launder(reinterpret_cast<call*>(kept.opaque)); }

// Ends the call in `kept` by `end(caller, call)`, which marks it as ended.
template <class End>
[[gnu::always_inline]] inline int ended(lars_t* lars, lars_call_t* kept, const End& end) {
  if (lars == nullptr || !usable(kept)) return refused();
  return guarded([&]() __attribute__((always_inline)) {
    end(lars->caller, call_in(*kept));
    return LARS_OK;
  });
}

// The options, without the excluded hosts. Nothing where one of them is invalid.
std::optional<lars::client::pick_request> request_of(lars::route_key module, const lars_pick_options& options) {
  if (options.key == nullptr && options.key_size > 0) return std::nullopt;
  if (options.exclude_count > LARS_EXCLUDE_MAX) return std::nullopt;
  if (options.exclude_count > 0 && !usable(options.exclude)) return std::nullopt;
  lars::client::pick_request request{.module = module,
                                     .key = {static_cast<const char*>(options.key), options.key_size},
                                     .exclude = {},
                                     .cost = options.cost == 0 ? 1 : options.cost,
                                     .deadline = {}};
  if (options.deadline_ms > 0) {
    request.deadline = lars::client::deadline_of(options.deadline_ms);
    if (!request.deadline) return std::nullopt;
  }
  return request;
}

// `wanted`: a module, or a pick_request.
template <class Wanted>
[[gnu::always_inline]] inline int pick_into(lars_t& lars, const Wanted& wanted, lars::route_key module,
                                            lars_call_t& kept) {
  return guarded([&]() __attribute__((always_inline)) {
    auto& picked = call_in(kept);
    if (const auto why = lars.caller.pick(wanted, picked)) return lars::client::retcode_of(*why);
    kept.ip = picked.where.ip;
    kept.port = picked.where.port;
    kept.modid = module.modid;
    kept.cmdid = module.cmdid;
    return int{LARS_OK};
  });
}

int pick_with_options(lars_t& lars, lars::route_key module, const lars_pick_options* options, lars_call_t& kept) {
  lars_pick_options room;
  const auto* const known = known_part(options, room);
  auto request = known != nullptr ? request_of(module, *known) : std::nullopt;
  if (!request) return refused();
  if (known->exclude_count == 0) return pick_into(lars, *request, module, kept);
  std::array<lars::endpoint, LARS_EXCLUDE_MAX> excluded;
  for (std::size_t i = 0; i < known->exclude_count; ++i) {
    const auto& host = element(known->exclude, i);
    excluded[i] = {host.ip, host.port};
  }
  request->exclude = std::span(excluded).first(known->exclude_count);
  return pick_into(lars, *request, module, kept);
}

}  // namespace

lars_t* lars_open(const lars_options* options) try {
  lars_options room;
  const auto* const known = known_part(options, room);
  lars::client::given_settings given;
  if (known != nullptr && known->dir != nullptr) given.dir = known->dir;
  if (known != nullptr && known->udp != nullptr) given.udp = known->udp;
  if (known != nullptr && known->deadline_ms > 0) given.deadline_ms = known->deadline_ms;
  const auto config = lars::client::settle(given, lars::client::own_surroundings());
  if (known != nullptr && config) return new lars_handle{lars::client::caller(*config)};
  errno = EINVAL;
  return nullptr;
} catch (const std::exception&) {
  errno = ENOMEM;
  return nullptr;
}

int lars_pick(lars_t* lars, int modid, int cmdid, const lars_pick_options* options, lars_call_t* kept) {
  if (lars == nullptr || !usable(kept)) return refused();
  const lars::route_key module{modid, cmdid};
  if (options != nullptr) return pick_with_options(*lars, module, options, *kept);
  return pick_into(*lars, module, module, *kept);
}

int lars_succeed(lars_t* lars, lars_call_t* kept) {
  return ended(lars, kept, [](auto& caller, call& one) { caller.finish(one, 0); });
}

int lars_fail(lars_t* lars, lars_call_t* kept, int retcode) {
  return ended(lars, kept, [retcode](auto& caller, call& one) { caller.finish(one, retcode == 0 ? 1 : retcode); });
}

int lars_finish(lars_t* lars, lars_call_t* kept, const lars_finish_options* options) {
  lars_finish_options room;
  const auto* const known = known_part(options, room);
  if (known == nullptr) return refused();
  const lars::client::call_outcome how{
      known->retcode, known->cost,
      lars::balance::plausible(lars::balance::load_report{known->utilization, known->qps, known->eps})};
  return ended(lars, kept, [&how](auto& caller, call& one) { caller.finish(one, how); });
}

int lars_abandon(lars_t* lars, lars_call_t* kept) {
  return ended(lars, kept, [](auto& caller, call& one) { caller.abandon(one); });
}

int lars_route(lars_t* lars, int modid, int cmdid, lars_host_t* hosts, size_t room, size_t* total) {
  if (total != nullptr) *total = 0;
  if (lars == nullptr || (room > 0 && !usable(hosts))) return refused();
  return guarded([&] {
    const auto route = lars->caller.route({modid, cmdid});
    if (!route) return lars::client::retcode_of(route.error().code);
    const std::size_t size = room > 0 ? hosts->size : 0;
    for (std::size_t i = 0; i < std::min(room, route->size()); ++i) {
      auto& host = element(hosts, i);
      host.size = size;
      host.ip = (*route)[i].ip;
      host.port = (*route)[i].port;
    }
    if (total != nullptr) *total = route->size();
    return int{LARS_OK};
  });
}

int lars_report(lars_t* lars, int modid, int cmdid, const lars_host_t* host, int retcode, uint32_t latency_us) {
  if (lars == nullptr || !usable(host)) return refused();
  return guarded([&] {
    lars->caller.report({modid, cmdid}, {host->ip, host->port}, retcode, std::chrono::microseconds(latency_us));
    return LARS_OK;
  });
}

int lars_transport(lars_t* lars) {
  if (lars == nullptr) return refused();
  return guarded([&] {
    if (lars->caller.current_transport() == lars::client::transport::shared_memory)
      return int{LARS_TRANSPORT_SHARED_MEMORY};
    return int{lars->caller.agent_has_other_layout() ? LARS_TRANSPORT_UDP_LAYOUT : LARS_TRANSPORT_UDP};
  });
}

void lars_close(lars_t* lars) { delete lars; }

const char* lars_strerror(int result) {
  switch (result) {
    case LARS_OK:
      return "success";
    case LARS_OVERLOAD:
    case LARS_SYSTEM_ERROR:
    case LARS_NO_SUCH_MODULE:
      return lars::message(lars::client::errc_of(result));
    default:
      return "no result of Lars";
  }
}

const char* lars_version(void) { return LARS_VERSION; }
