#include "dns/watch/data_warnings.hpp"

#include "log/log.hpp"

namespace lars::dns {
namespace {

// Other programs may write many invalid rows.
log::throttle flaw_lines;

}  // namespace

void data_warnings::report_settings(const settings_counts& counts, std::span<const rejected_settings> rejected) {
  stats_.modules_with_settings = counts.modules;
  stats_.refused_settings = counts.refused;
  for (const auto& [key, reason] : rejected)
    log::warn("dns.settings_refused", {{"modid", key.modid}, {"cmdid", key.cmdid}, {"reason", reason}});
}

// One line a module; `lars route list` shows each row.
void data_warnings::report_flaws(const flaw_counts& counts, std::span<const module_flaws> flawed) {
  stats_.refused_rows = counts.rows;
  stats_.unusable_modules = counts.unusable;
  for (const auto& flaws : flawed) {
    if (!log::admit(flaw_lines, "dns.rows_refused")) continue;
    log::warn("dns.rows_refused", {{"modid", flaws.key.modid},
                                   {"cmdid", flaws.key.cmdid},
                                   {"rows", flaws.rows},
                                   {"left_out", flaws.left_out},
                                   {"id", flaws.first_id},
                                   {"reason", flaws.reason},
                                   {"route_kept", flaws.unusable}});
  }
}

void data_warnings::report_cut(const module_answer& answer) {
  if (!answer.cut) {
    cut_.erase(answer.key);
  } else if (cut_.insert(answer.key).second) {
    log::warn("dns.answer_cut", {{"modid", answer.key.modid}, {"cmdid", answer.key.cmdid}, {"hosts", answer.hosts}});
  }
}

}  // namespace lars::dns
