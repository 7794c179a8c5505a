#include "agent/routes/route_record.hpp"

#include <xxhash.h>

#include <cstdint>
#include <cstring>

namespace lars::agent {
namespace {

// A record: uint32 length, uint32 checksum, then `length` bytes: the route as the frame that dns would send.
// Numbers are in native byte order. A file from a machine with another order fails its checksums.
constexpr std::size_t prefix_size = 8;

std::uint32_t checksum(std::string_view bytes) { return XXH32(bytes.data(), bytes.size(), 0); }

std::uint32_t get_number(const char* in) {
  std::uint32_t value = 0;
  std::memcpy(&value, in, sizeof value);
  return value;
}

// The payload of the first record of `rest`; empty if the record is not complete.
std::string_view first_payload(std::string_view rest) {
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
  auto complete = route;
  complete.whole = true;
  const auto payload = proto::encode_extended(complete);
  const std::uint32_t prefix[2] = {static_cast<std::uint32_t>(payload.size()), checksum(payload)};
  static_assert(sizeof prefix == prefix_size);
  std::string record(prefix_size, '\0');
  std::memcpy(record.data(), prefix, prefix_size);
  return record + payload;
}

scan_result scan_records(std::string_view file,
                         const std::function<void(const proto::route_response&, std::string_view)>& each) {
  scan_result scan;
  if (!file.starts_with(route_file_header)) return scan;
  scan.valid_bytes = route_file_header.size();
  proto::route_response route;
  while (true) {
    const auto rest = file.substr(scan.valid_bytes);
    const auto payload = first_payload(rest);
    if (!read_route(payload, route)) return scan;
    const auto record = rest.substr(0, prefix_size + payload.size());
    each(route, record);
    scan.valid_bytes += record.size();
    ++scan.records;
  }
}

}  // namespace lars::agent
