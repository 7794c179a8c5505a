// Text forms of endpoints. Only IPv4 literals: Lars never resolves names, so no pick waits for a resolver.
#pragma once

#include <lars/error.hpp>
#include <lars/types.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lars::base {

inline constexpr std::uint32_t loopback = 0x7f000001;  // 127.0.0.1

// "a.b.c.d" with four decimal octets. errc::invalid_argument otherwise.
result<std::uint32_t> parse_ipv4(std::string_view text);

// "a.b.c.d:port", port 1..65535. errc::invalid_argument otherwise.
result<endpoint> parse_endpoint(std::string_view text);

// A comma-separated list of one or more endpoints; spaces around them are allowed.
result<std::vector<endpoint>> parse_endpoints(std::string_view text);

// Why a host cannot have this address or port, to complete a sentence: "is a multicast address". Empty = it can.
// Loopback and private addresses are allowed.
std::string_view flaw_of_ipv4(std::uint32_t ip);
std::string_view flaw_of_port(std::uint32_t port);
inline bool is_callable(endpoint where) { return flaw_of_ipv4(where.ip).empty() && flaw_of_port(where.port).empty(); }

std::string format_ipv4(std::uint32_t ip);
std::string format_endpoint(endpoint where);

}  // namespace lars::base
