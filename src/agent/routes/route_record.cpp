#include "agent/routes/route_record.hpp"

#include <xxhash.h>

#include <cstdint>
#include <cstring>

namespace lars::agent {
namespace {

// A record: uint32 length, uint32 checksum, then `length` bytes, the frame in which a dns would have sent the route.
// Numbers are in the machine's order; a file that moved to another one fails its checksums and is made anew.
constexpr std::size_t prefix_size = 8;

std::uint32_t checksum(std::string_view bytes) { return XXH32(bytes.data(), bytes.size(), 0); }

std::uint32_t get_number(const char* in) {
  std::uint32_t value = 0;
  std::memcpy(&value, in, sizeof value);
  return value;
}

// The first record of `rest` without its prefix; empty when it is not whole.
std::string_view take_payload(std::string_view rest) {
  if (rest.size() < prefix_size) return {};
  const std::size_t length = get_number(rest.data());
  if (length > rest.size() - prefix_size) return {};
  const auto payload = rest.substr(prefix_size, length);
  return checksum(payload) == get_number(rest.data() + sizeof(std::uint32_t)) ? payload : std::string_view();
}

bool read_route(std::string_view payload, proto::route_response& route) {
  if (payload.size() < wire::frame_header_size || !proto::decode(payload.substr(wire::frame_header_size), route))
    return false;
  if (!route.whole) route.digest = 0;
  return true;
}

}  // namespace

std::string make_record(const proto::route_response& route) {
  auto whole = route;
  whole.whole = true;
  const auto payload = proto::encode_extended(whole);
  const std::uint32_t prefix[2] = {static_cast<std::uint32_t>(payload.size()), checksum(payload)};
  static_assert(sizeof prefix == prefix_size);
  std::string record(prefix_size, '\0');
  std::memcpy(record.data(), prefix, prefix_size);
  return record + payload;
}

scan_result scan_records(std::string_view file,
                         const std::function<void(const proto::route_response&, std::string_view)>& each) {
  scan_result found;
  if (!file.starts_with(route_file_header)) return found;
  found.valid_bytes = route_file_header.size();
  proto::route_response route;
  while (true) {
    const auto rest = file.substr(found.valid_bytes);
    const auto payload = take_payload(rest);
    if (!read_route(payload, route)) return found;
    const auto record = rest.substr(0, prefix_size + payload.size());
    each(route, record);
    found.valid_bytes += record.size();
    ++found.records;
  }
}

}  // namespace lars::agent
