// Parses the kernel's files about processor time and its limits. Works on texts; opens no file.
#pragma once

#include <optional>
#include <string_view>

namespace lars::client {

// A control group's processor time so far, in seconds: from cpu.stat of version 2, from cpuacct.usage of version 1.
std::optional<double> group_usage_v2(std::string_view cpu_stat);
std::optional<double> group_usage_v1(std::string_view cpuacct_usage);

// How many processors a control group may use: from cpu.max of version 2, from cpu.cfs_quota_us and cpu.cfs_period_us
// of version 1. Nothing where there is no limit.
std::optional<double> group_limit_v2(std::string_view cpu_max);
std::optional<double> group_limit_v1(std::string_view quota_us, std::string_view period_us);

// The machine's time so far, in ticks: busy, and in all. From /proc/stat.
struct host_time {
  double used = 0;
  double room = 0;
};
std::optional<host_time> host_time_of(std::string_view proc_stat);

// The group in /proc/self/cgroup with this controller of version 1, or the group of version 2 where `controller` is
// empty; begins with "/". Nothing where there is none, or where its name contains "..".
std::optional<std::string_view> group_of(std::string_view proc_self_cgroup, std::string_view controller);

}  // namespace lars::client
