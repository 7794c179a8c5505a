// What the kernel's files say of processor time and of how much of it there is. Texts alone; nothing is opened here.
#pragma once

#include <optional>
#include <string_view>

namespace lars::client {

// A control group's processor time so far, in seconds: of version 2's cpu.stat, of version 1's cpuacct.usage.
std::optional<double> group_usage_v2(std::string_view cpu_stat);
std::optional<double> group_usage_v1(std::string_view cpuacct_usage);

// How many processors' time a control group may use: of version 2's cpu.max, of version 1's cpu.cfs_quota_us and
// cpu.cfs_period_us. Nothing where there is no limit.
std::optional<double> group_limit_v2(std::string_view cpu_max);
std::optional<double> group_limit_v1(std::string_view quota_us, std::string_view period_us);

// The whole machine's time so far, in ticks: busy, and busy or not. Of /proc/stat.
struct host_time {
  double used = 0;
  double room = 0;
};
std::optional<host_time> host_time_of(std::string_view proc_stat);

// The group of /proc/self/cgroup that has this controller in version 1, or the one of version 2 where `controller` is
// empty; "/" at the front. Nothing where there is none, or where its name leads upwards.
std::optional<std::string_view> group_of(std::string_view proc_self_cgroup, std::string_view controller);

}  // namespace lars::client
