// The age of a batch, independent of changes to the wall clock. Pure.
#pragma once

#include <cstdint>

#include "base/boot_clock.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// Milliseconds from when `report` was counted until `now`. Within one boot the result is exact, even if the wall clock
// was set or the agent was restarted meanwhile. Across boots it is the wall clock's difference, but at least the uptime
// of this boot. A negative difference, or one of more than 31 days, is ignored, because the clock was then not set in
// one of the boots. If the boot is unknown (spools of earlier releases), only the wall clock is used.
std::uint64_t age_ms(const proto::status_report& report, const base::moment& now);

}  // namespace lars::agent
