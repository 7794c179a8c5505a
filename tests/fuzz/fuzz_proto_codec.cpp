// The codec of the TCP messages: a body is read or refused, and a message that was read reads the same when written.
// The first byte of the input chooses the message.
#include <algorithm>
#include <string>

#include "expect.hpp"
#include "proto/codec.hpp"

namespace {

using lars::fuzz::expect;
using lars::fuzz::planted;
namespace proto = lars::proto;

std::string_view body_of(const std::string& frame) {
  return std::string_view(frame).substr(lars::wire::frame_header_size);
}

void check_request(std::string_view body) {
  proto::route_request first;
  if (!proto::decode(body, first)) return;
  proto::route_request second;
  expect(proto::decode(body_of(proto::encode(first)), second), "what we write we read");
  expect(first.key == second.key && first.known_digest == second.known_digest && first.features == second.features,
         "a request reads as it was written");
}

void check_plain(const proto::route_response& response) {
  bool cut = false;
  const std::string frame = proto::encode_plain(response, cut);
  expect(body_of(frame).size() <= lars::wire::stream_body_limit, "a plain answer keeps the old limit");
  proto::route_response seen;
  expect(proto::decode(body_of(frame), seen), "what we write we read");
  std::vector<lars::endpoint> expected;
  for (const auto& host : response.hosts) {
    if (host.takes_calls()) expected.push_back(host.where);
  }
  expect(cut ? seen.hosts.size() < expected.size() : seen.hosts.size() == expected.size(),
         "`cut` tells of hosts left out");
  for (std::size_t i = 0; i < seen.hosts.size(); ++i) {
    expect(seen.hosts[i] == lars::host{expected[i]}, "old peers see addresses of hosts that take calls alone");
  }
  expect(seen.digest == 0 && seen.total_hosts == 0 && !seen.unchanged && seen.settings.empty() && !seen.whole,
         "old peers see no field of ours");
}

void check_response(std::string_view body) {
  proto::route_response first;
  if (!proto::decode(body, first)) return;
  if (planted && first.hosts.size() == 3) first.hosts.pop_back();
  for (const auto& host : first.hosts) {
    expect(host.weight <= lars::max_weight && host.state <= lars::host_state::down, "values stay in bounds");
  }
  proto::route_response second;
  expect(proto::decode(body_of(proto::encode_extended(first)), second), "what we write we read");
  expect(first.key == second.key && first.hosts == second.hosts && first.digest == second.digest &&
             first.unchanged == second.unchanged && first.total_hosts == second.total_hosts &&
             first.settings == second.settings && first.whole == second.whole,
         "a response reads as it was written");
  proto::route_response again;
  proto::decode(body, again);
  expect(first.hosts == again.hosts, "reading twice gives the same");
  check_plain(first);
  std::sort(first.hosts.begin(), first.hosts.end());
  std::sort(second.hosts.begin(), second.hosts.end());
  expect(proto::digest_input(first.hosts, first.settings) == proto::digest_input(second.hosts, second.settings),
         "equal content has equal digests");
}

template <class Message>
void check_token(std::string_view body) {
  Message first, second;
  if (!proto::decode(body, first)) return;
  expect(proto::decode(body_of(proto::encode(first)), second), "what we write we read");
  expect(first.token == second.token && first.features == second.features, "a token comes back as it was sent");
}

void check_pong(std::string_view body) {
  proto::pong first, second;
  if (!proto::decode(body, first)) return;
  expect(proto::decode(body_of(proto::encode(first)), second), "what we write we read");
  expect(first.token == second.token && first.features == second.features && first.age_ms == second.age_ms &&
             first.state == second.state,
         "a pong reads as it was written");
}

void check_report(std::string_view body) {
  proto::status_report first, second;
  if (!proto::decode(body, first)) return;
  if (planted && first.results.size() == 2) first.results.pop_back();
  for (const auto& one : first.results)
    for (const std::uint64_t calls : one.delta.latency)
      expect(calls <= UINT32_MAX, "a bucket is as wide as the wire's");
  expect(proto::decode(body_of(proto::encode(first)), second), "what we write we read");
  expect(first.key == second.key && first.caller == second.caller && first.ts == second.ts &&
             first.agent == second.agent && first.seq == second.seq && first.features == second.features,
         "a report reads as it was written");
  proto::status_report again;
  proto::decode(body, again);
  expect(again.results.size() == second.results.size(), "no result is lost");
  for (std::size_t i = 0; i < second.results.size(); ++i)
    expect(again.results[i].where == second.results[i].where && again.results[i].delta == second.results[i].delta &&
               again.results[i].succ == second.results[i].succ &&
               again.results[i].overload == second.results[i].overload,
           "a result reads as it was written");
}

void check_answer(std::string_view body) {
  proto::status_answer first, second;
  if (!proto::decode(body, first)) return;
  expect(proto::decode(body_of(proto::encode(first)), second), "what we write we read");
  expect(first.agent == second.agent && first.seq == second.seq && first.resend == second.resend,
         "an acknowledgement reads as it was written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view body = lars::fuzz::text(data + 1, size - 1);
  switch (data[0] % 6) {
    case 0:
      check_request(body);
      break;
    case 1:
      check_token<proto::ping>(body);
      break;
    case 2:
      check_pong(body);
      break;
    case 4:
      check_report(body);
      break;
    case 5:
      check_answer(body);
      break;
    default:
      check_response(body);
      break;
  }
  return 0;
}
