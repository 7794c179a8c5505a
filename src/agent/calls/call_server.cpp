#include "agent/calls/call_server.hpp"

#include "agent/service/load_intake.hpp"
#include "balance/load/call_id.hpp"
#include "log/log.hpp"
#include "wire/messages.hpp"

namespace lars::agent {
namespace {

wire::retcode code_of(balance::pick_code code) {
  switch (code) {
    case balance::pick_code::picked:
      return wire::retcode::success;
    case balance::pick_code::all_ejected:
      return wire::retcode::overload;
    case balance::pick_code::no_hosts:
    case balance::pick_code::gone:
      return wire::retcode::no_such_module;
    case balance::pick_code::unreadable:
    case balance::pick_code::elsewhere:
      break;
  }
  return wire::retcode::system_error;
}

void count(call_stats& stats, wire::retcode code) {
  switch (code) {
    case wire::retcode::success:
      return stats.hosts_given.add_one();
    case wire::retcode::overload:
      return stats.overloads.add_one();
    case wire::retcode::no_such_module:
      return stats.unknown_modules.add_one();
    case wire::retcode::system_error:
      return stats.busy.add_one();
  }
}

void count(call_stats& stats, load_intake what) {
  switch (what) {
    case load_intake::none:
      return;
    case load_intake::taken:
      return stats.loads_taken.add_one();
    case load_intake::ignored:
      return stats.loads_ignored.add_one();
    case load_intake::rejected:
      return stats.loads_rejected.add_one();
  }
}

// Takes cost and latency from the call's id if they were not reported. For calls to hosts that no module has.
reported_call with_id_defaults(reported_call call, base::time_point now) {
  const auto id = balance::call_id::decode(call.call_id, now);
  if (!id) return call;
  if (call.cost == 0) call.cost = id->cost;
  if (call.latency_us == 0)
    call.latency_us =
        static_cast<std::uint32_t>(base::reported_latency_us(static_cast<std::uint64_t>((now - id->began).count())));
  return call;
}

}  // namespace

call_server::call_server(const service_index& modules, const absent_modules& absent, miss_queue::wake_function wake)
    : modules_(modules),
      reader_(modules.readers()),
      absent_(absent),
      random_(base::random_source::from_system()),
      misses_(std::move(wake)) {}

std::size_t call_server::on_datagram(std::string_view request, endpoint, std::span<char> reply) {
  wire::frame frame;
  if (!wire::parse_datagram(request, frame)) {
    stats_.dropped_size.add_one();
    return 0;
  }
  switch (static_cast<wire::message_id>(frame.id)) {
    case wire::message_id::get_host_request:
      return get_host(frame.body, reply);
    case wire::message_id::caller_route_request:
      return get_route(frame.body, reply);
    case wire::message_id::report_request:
      report(frame.body);
      return 0;
    default:
      stats_.dropped_id.add_one();
      return 0;
  }
}

// Finds the module. Queues it for the route manager if it is unknown or parked.
service_state* call_server::find_used(route_key key) {
  auto* const module = modules_.find(key);
  if (module != nullptr) {
    if (module->mark_used() && !misses_.push(key)) module->restore_parked();
    return module;
  }
  if (!absent_.contains(key, base::clock::now()) && !misses_.push(key)) stats_.lost_misses.add_one();
  return nullptr;
}

std::size_t call_server::get_host(std::string_view body, std::span<char> reply) {
  wire::get_host_request request;
  if (!wire::decode(body, request)) {
    stats_.dropped_body.add_one();
    return 0;
  }
  // Old callers announce no features and get the original behaviour.
  const bool announced = request.features != 0;
  const auto now = base::clock::now();
  auto* const module = find_used(request.key);
  const balance::pick_request wish{random_(), announced ? request.exclude.hosts() : std::span<const endpoint>()};
  const auto picked = module ? module->pick(wish, now) : balance::pick_result{};
  const auto code = code_of(picked.code);
  count(stats_, code);
  wire::get_host_response answer{request.seq, request.key, static_cast<std::int32_t>(code),
                                 code == wire::retcode::success, picked.chosen.where};
  if (announced && answer.has_host)
    answer.call_id = balance::call_id{picked.chosen.generation, now, request.cost}.encode();
  return wire::encode(answer, reply);
}

std::size_t call_server::get_route(std::string_view body, std::span<char> reply) {
  wire::caller_route_request request;
  if (!wire::decode(body, request)) {
    stats_.dropped_body.add_one();
    return 0;
  }
  wire::caller_route_encoder out(reply, request.key);
  auto* const module = find_used(request.key);
  if (module && !module->encode_hosts(out) && module->first_truncation())
    log::warn("agent.route_cut", {{"modid", request.key.modid}, {"cmdid", request.key.cmdid}, {"limit", "datagram"}});
  stats_.routes_given.add_one();
  return out.finish();
}

void call_server::report(std::string_view body) {
  wire::report_request request;
  if (!wire::decode(body, request)) return stats_.dropped_body.add_one();
  const auto result = request.code == 0 ? balance::outcome::success : balance::outcome::failure;
  auto* const module = modules_.find(request.key);
  const auto now = base::clock::now();
  const bool announced = request.features != 0;
  const reported_call call{request.where, request.latency_us, request.cost, announced ? request.call_id : 0};
  if (announced && request.abandoned) {
    if (module == nullptr || !module->abandon(call, now)) stats_.ignored_reports.add_one();
    return;
  }
  const auto judged = module ? module->report(call, result, now) : balance::report_result{};
  count(stats_, record_load(module, request.where, {request.utilization, request.qps, request.eps}, now));
  if (!judged.known) {
    const bool counted = strays_.push({request.key, with_id_defaults(call, now), request.code != 0});
    return (counted ? stats_.former_reports : stats_.ignored_reports).add_one();
  }
  stats_.reports.add_one();
}

}  // namespace lars::agent
