// Identifies an agent's connection.
#pragma once

#include <cstdint>

namespace lars::dns {

// Ids grow and are never reused.
using connection_id = std::uint64_t;

}  // namespace lars::dns
