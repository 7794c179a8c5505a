// Small ways to write rows and answers in tests.
#pragma once

#include <string>
#include <vector>

#include "dns/table/module_answer.hpp"

namespace lars::dns {

inline storage::route_row row(std::uint64_t id, route_key key, std::uint32_t ip, std::uint32_t port,
                              std::uint32_t weight = default_weight, std::string zone = {},
                              host_state state = host_state::up) {
  return {id, key, {{ip, port}, weight, state, std::move(zone)}};
}

inline module_answer answer(route_key key, std::vector<storage::route_row> rows, const settings_table& settings = {}) {
  const std::vector<route_key> keys{key};
  return make_answers(keys, std::move(rows), settings).front();
}

inline proto::route_response decoded(std::string_view frame) {
  proto::frame_reader reader(proto::extended_body_limit);
  reader.feed(frame);
  proto::frame whole;
  proto::route_response out;
  if (reader.next(whole) != proto::frame_reader::status::ready || !proto::decode(whole.body, out)) out.digest = ~0ull;
  return out;
}

}  // namespace lars::dns
