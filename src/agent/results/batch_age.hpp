// How long ago a batch was counted, whatever the machine's clock says. Pure.
#pragma once

#include <cstdint>

#include "base/boot_clock.hpp"
#include "proto/codec.hpp"

namespace lars::agent {

// Milliseconds from the moment `report` was counted until `now`. Within one boot that is exact, however the clock was
// set meanwhile, and whether or not the agent was started again. Across boots the clock has to tell: but what another
// boot counted is at least as old as this boot, and no clock is believed that says it was more than 31 days (such a
// clock was never set in one of the two boots). Where the boot is not known (a spool of an earlier release) the clock
// alone tells.
std::uint64_t age_ms(const proto::status_report& report, const base::moment& now);

}  // namespace lars::agent
