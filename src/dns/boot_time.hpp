// The time that storage::freshness goes by.
#pragma once

#include "base/boot_clock.hpp"
#include "storage/freshness.hpp"

namespace lars::dns {

// Any thread.
inline storage::freshness::ms boot_time() { return storage::freshness::ms(base::boot_now().ms); }

}  // namespace lars::dns
