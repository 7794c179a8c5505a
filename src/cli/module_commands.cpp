#include <algorithm>

#include "balance/health/health_settings.hpp"
#include "balance/policy/registry.hpp"
#include "catalog/host_fields.hpp"
#include "catalog/settings_patch.hpp"
#include "cli/command_spec.hpp"
#include "cli/database.hpp"
#include "storage/settings_text.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli {
namespace {

result<route_key> key_of(const arguments& args) {
  return catalog::parse_key(args.positional()[0], args.positional()[1]);
}

// --- set and unset ---------------------------------------------------------------------------------------------------

result<catalog::settings_patch> settings_patch_of(const arguments& args) {
  catalog::settings_patch patch;
  patch.policy = args.value("policy");
  if (patch.policy && patch.policy->empty()) return base::not_allowed("policy", "", balance::policy_names());
  auto parameter = catalog::parse_values("parameter", std::span(args.positional()).subspan(2));
  if (!parameter) return parameter.error();
  patch.parameter = *std::move(parameter);
  const auto words = args.values("health");
  auto health = catalog::parse_values("health", words);
  if (!health) return health.error();
  patch.health = *std::move(health);
  if (const auto text = args.value("subset")) {
    const auto subset = catalog::parse_subset_size(*text);
    if (!subset) return subset.error();
    patch.subset_size = *subset;
  }
  if (patch.empty()) return {errc::invalid_argument, "nothing to set: give --policy, NAME=VALUE, --health or --subset"};
  return patch;
}

// Returns the new settings text of a module. errc::bad_message if the current text is invalid.
result<std::string> next_text(route_key key, const std::string& current, const catalog::settings_patch& patch) {
  const auto before = current.empty() ? result(base::module_settings()) : storage::parse_settings(current);
  if (!before)
    return {errc::bad_message,
            "invalid settings in the database: " + before.error().detail + "; remove them with lars module unset " +
                std::to_string(key.modid) + ' ' + std::to_string(key.cmdid),
            before.error().field};
  const auto next = catalog::patched(*before, patch);
  if (!next) return next.error();
  return next->empty() ? std::string() : storage::format_settings(*next);
}

int set_module(const arguments& args, const environment& env) {
  const auto key = key_of(args);
  if (!key) return fail(env, key.error());
  const auto patch = settings_patch_of(args);
  if (!patch) return fail(env, patch.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  return end_with(env, storage::open_settings_editor(env.storage)->set(*key, [&](const std::string& current) {
    return next_text(*key, current, *patch);
  }));
}

int unset_module(const arguments& args, const environment& env) {
  const auto key = key_of(args);
  if (!key) return fail(env, key.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  return end_with(env, storage::open_settings_editor(env.storage)->remove(*key));
}

// --- list ------------------------------------------------------------------------------------------------------------

std::string shown_policy(const base::module_settings& settings) {
  return settings.policy.empty() ? std::string(balance::canonical_name("")) : settings.policy;
}

const std::vector<std::string>& list_columns() {
  static const std::vector<std::string> columns{"modid",  "cmdid",       "policy",  "parameter",
                                                "health", "subset_size", "version", "refused"};
  return columns;
}

// Also shows invalid settings, with the reason why dns refuses them.
std::vector<cell> list_cells(const storage::settings_row& row) {
  std::vector<cell> cells{std::int64_t{row.key.modid}, std::int64_t{row.key.cmdid}, {}, {}, {}, {}, row.version, {}};
  const auto settings = storage::parse_settings(row.text);
  if (!settings) {
    cells.back() = settings.error().detail;
    return cells;
  }
  cells[2] = shown_policy(*settings);
  cells[3] = settings->parameter;
  cells[4] = settings->health;
  cells[5] = std::int64_t{settings->subset_size};
  if (const auto good = catalog::check_settings(*settings); !good) cells.back() = good.error().detail;
  return cells;
}

int list_modules(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto rows = storage::open_settings_editor(env.storage)->list(std::nullopt);
  if (!rows) return fail(env, rows.error());
  row_writer writer(*format, list_columns(), env.out);
  for (const auto& row : *rows)
    writer.add(list_cells(row), list_cells(row).back().index() == 0 ? row_shade::plain : row_shade::alarm);
  writer.finish();
  return exit_done;
}

// --- show ------------------------------------------------------------------------------------------------------------

// An alias of a policy may have another default.
std::string default_of(std::string_view policy, const base::setting_spec& spec) {
  const auto plain = balance::make_policy(policy, {});
  const auto given = balance::make_policy(policy, {{std::string(spec.name), std::string(spec.fallback)}});
  return plain && given && *plain == *given ? std::string(spec.fallback) : "default of " + std::string(policy);
}

void add_setting(row_writer& writer, const char* kind, const base::setting_spec& spec, const named_values& given,
                 const std::string& otherwise, const char* origin) {
  const auto found = given.find(spec.name);
  const bool is_set = found != given.end();
  writer.add({kind, std::string(spec.name), is_set ? found->second : otherwise, is_set ? "set" : origin,
              std::string(spec.allowed)});
}

void print_settings(const base::module_settings& settings, row_writer& writer) {
  const auto name = shown_policy(settings);
  writer.add({"policy", "policy", name, settings.policy.empty() ? "default" : "set", balance::policy_names()});
  for (const auto& spec : balance::find_policy(name)->parameters)
    add_setting(writer, "parameter", spec, settings.parameter, default_of(name, spec), "default");
  // Each agent has its own value for thresholds that are not set.
  for (const auto& spec : balance::all_health_settings())
    add_setting(writer, "health", spec, settings.health, {}, "agent");
  writer.add({"subset", "subset", std::to_string(settings.subset_size), settings.subset_size == 0 ? "default" : "set",
              "number 0 .. " + std::to_string(catalog::most_subset_hosts)});
}

int show_module(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto key = key_of(args);
  if (!key) return fail(env, key.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto rows = storage::open_settings_editor(env.storage)->list(*key);
  if (!rows) return fail(env, rows.error());
  if (rows->empty()) return fail(env, {errc::not_found, "the module has no settings of its own"});
  const auto settings = storage::parse_settings(rows->front().text);
  const auto good = settings ? catalog::check_settings(*settings) : result<void>(settings.error());
  if (!good)
    return fail(env,
                {errc::bad_message, "invalid settings in the database: " + good.error().detail, good.error().field});
  row_writer writer(*format, {"kind", "name", "value", "origin", "allowed"}, env.out);
  print_settings(*settings, writer);
  writer.finish();
  return exit_done;
}

// --- help ------------------------------------------------------------------------------------------------------------

std::string described(const base::setting_spec& spec) {
  return "    " + std::string(spec.name) + " = " + std::string(spec.fallback) + " (" + std::string(spec.allowed) +
         "): " + std::string(spec.meaning) + '\n';
}

std::string set_details() {
  std::string text =
      "Settings that are not named stay as they are. NAME= removes a value. --policy also removes all parameters that\n"
      "are not given.\n"
      "Policies, their aliases and parameters (default, allowed values):\n";
  for (const auto* policy : balance::all_policies()) {
    text += "  " + std::string(policy->name);
    for (const auto& alias : policy->aliases) text += ", " + std::string(alias.name);
    text += ": " + std::string(policy->meaning) + '\n';
    for (const auto& spec : policy->parameters) text += described(spec);
  }
  text += "Health settings; those not set come from [loadbalance] of each agent:\n";
  for (const auto& spec : balance::all_health_settings()) text += described(spec);
  return text;
}

}  // namespace

std::vector<command_spec> module_commands() {
  constexpr std::size_t any_number = 1000;
  return {
      {"module set",
       "M C [--policy NAME] [NAME=VALUE …] [--health NAME=VALUE …] [--subset N]",
       "set the policy, parameters and thresholds of a module",
       2,
       any_number,
       {{"policy", "NAME", "load balancing policy"},
        {.name = "health",
         .values = "NAME=VALUE",
         .meaning = "threshold for ejecting a host; more pairs may follow",
         .repeatable = true,
         .takes_pairs = true},
        {"subset", "N", "number of hosts that each agent uses, chosen by the agent's id; 0 = all"}},
       set_module,
       set_details()},
      {"module unset", "M C", "remove all settings of a module", 2, 2, {}, unset_module, {}},
      {"module list",
       "[--format F]",
       "show the modules that have settings of their own",
       0,
       0,
       {format_option()},
       list_modules,
       {}},
      {"module show",
       "M C [--format F]",
       "show the settings in effect for a module and where each comes from",
       2,
       2,
       {format_option()},
       show_module,
       "origin: set = by module set, default = of the policy, agent = from [loadbalance] of each agent.\n"
       "subset: number of hosts that each agent uses, 0 = all; lars explain on its machine shows which.\n"},
  };
}

}  // namespace lars::cli
