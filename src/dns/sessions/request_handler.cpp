#include "dns/sessions/request_handler.hpp"

namespace lars::dns {
namespace {

proto::pong pong_to(const proto::ping& asked, const storage::freshness::snapshot& routes) {
  proto::pong answer{asked.token, proto::our_features};
  if ((asked.features & proto::feature_state) == 0) return answer;
  if (routes.age) answer.age_ms = static_cast<std::uint64_t>(routes.age->count());
  answer.state = static_cast<proto::server_state>(routes.state);
  return answer;
}

}  // namespace

request_handler::status request_handler::answer(const route_table& table, const storage::freshness::snapshot& routes,
                                                answer_batch& batch) {
  batch.frames = 0;
  batch.bytes.clear();
  batch.answered.clear();
  batch.skipped = 0;
  batch.unreadable = 0;
  proto::frame request;
  while (batch.bytes.size() < batch_bytes) {
    switch (reader_.next(request)) {
      case proto::frame_reader::status::need_more:
        return status::idle;
      case proto::frame_reader::status::bad:
        return status::bad;
      case proto::frame_reader::status::ready:
        break;
    }
    ++batch.frames;
    answer_frame(request, table, routes, batch);
  }
  return status::more;
}

void request_handler::answer_frame(const proto::frame& request, const route_table& table,
                                   const storage::freshness::snapshot& routes, answer_batch& batch) {
  switch (static_cast<proto::message_id>(request.id)) {
    case proto::message_id::get_route_request: {
      proto::route_request asked;
      if (proto::decode(request.body, asked))
        answer_route(asked, table, batch);
      else
        ++batch.unreadable;
      return;
    }
    case proto::message_id::ping: {
      proto::ping asked;
      if (!proto::decode(request.body, asked)) {
        ++batch.unreadable;
        return;
      }
      if ((asked.features & proto::feature_ping) != 0) peer_pings_ = true;
      batch.bytes += proto::encode(pong_to(asked, routes));
      return;
    }
    default:
      ++batch.skipped;
  }
}

void request_handler::answer_route(const proto::route_request& request, const route_table& table, answer_batch& batch) {
  if ((request.features & proto::feature_routes) != 0) extended_ = true;
  // An old agent would take an answer without hosts for the removal of the module, so it gets none until the route is
  // known.
  if (table.is_unusable(request.key)) {
    batch.answered.push_back({request.key, table.digest(request.key)});
    if (extended_) batch.bytes += unchanged_answer(request.key, request.known_digest);
    return;
  }
  stored_answer found;
  const bool has_hosts = table.find(request.key, found);
  const std::uint64_t digest = has_hosts ? found.digest : empty_digest();
  batch.answered.push_back({request.key, digest});
  if (extended_ && request.known_digest == digest)
    batch.bytes += unchanged_answer(request.key, digest);
  else if (has_hosts)
    batch.bytes += extended_ ? found.extended : found.plain;
  else
    batch.bytes += extended_ ? empty_extended_answer(request.key) : empty_plain_answer(request.key);
}

}  // namespace lars::dns
