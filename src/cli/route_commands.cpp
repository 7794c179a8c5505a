#include <algorithm>

#include "base/endpoint.hpp"
#include "catalog/host_fields.hpp"
#include "cli/command_spec.hpp"
#include "cli/database.hpp"
#include "cli/route_cells.hpp"
#include "cli/route_import.hpp"
#include "storage/route_file.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli {
namespace {

struct named_host {
  route_key key;
  endpoint where;
};

// The first three positional arguments: M C HOST:PORT.
result<named_host> host_of(const arguments& args) {
  const auto& text = args.positional();
  const auto key = catalog::parse_key(text[0], text[1]);
  if (!key) return key.error();
  const auto where = catalog::parse_host(text[2]);
  if (!where) return where.error();
  return named_host{*key, *where};
}

result<storage::route_patch> route_patch_of(const arguments& args) {
  storage::route_patch patch;
  if (const auto text = args.value("weight")) {
    const auto weight = catalog::parse_weight(*text);
    if (!weight) return weight.error();
    patch.weight = *weight;
  }
  if (const auto text = args.value("zone")) {
    const auto zone = catalog::parse_zone(*text);
    if (!zone) return zone.error();
    patch.zone = *zone;
  }
  if (const auto text = args.value("state")) {
    const auto state = catalog::parse_state(*text);
    if (!state) return state.error();
    patch.state = *state;
  }
  return patch;
}

int add_host(const arguments& args, const environment& env) {
  const auto name = host_of(args);
  if (!name) return fail(env, name.error());
  const auto patch = route_patch_of(args);
  if (!patch) return fail(env, patch.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  storage::route_row row;
  row.key = name->key;
  row.target = {name->where, patch->weight.value_or(default_weight), host_state::up};
  row.target.zone = patch->zone.value_or("");
  return end_with(env, storage::open_route_editor(env.storage)->add(row));
}

int set_host(const arguments& args, const environment& env) {
  const auto name = host_of(args);
  if (!name) return fail(env, name.error());
  const auto patch = route_patch_of(args);
  if (!patch) return fail(env, patch.error());
  if (!patch->weight && !patch->zone && !patch->state)
    return fail(env, {errc::invalid_argument, "nothing to set: give --weight, --zone or --state"});
  if (const auto refused = refuse_absent_database(env)) return *refused;
  return end_with(env, storage::open_route_editor(env.storage)->set(name->key, name->where, *patch));
}

int remove_host(const arguments& args, const environment& env) {
  const auto name = host_of(args);
  if (!name) return fail(env, name.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  return end_with(env, storage::open_route_editor(env.storage)->remove(name->key, name->where));
}

// Prints how many rows have invalid values and how many of them dns ignores.
void print_flaws(const std::vector<storage::route_row>& rows, const environment& env) {
  const auto flawed = std::ranges::count_if(rows, [](const auto& row) { return bool(row.flaw); });
  const auto ignored = std::ranges::count_if(rows, [](const auto& row) { return !row.is_usable(); });
  if (flawed > 0)
    env.err << "lars: " << flawed << " of " << rows.size() << " rows have invalid values; dns ignores " << ignored
            << " of them\n";
}

// If any row has invalid values, adds columns with its id and the reason.
int list_routes(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  const auto only = module_of(args);
  if (!only) return fail(env, only.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto rows = storage::open_route_editor(env.storage)->list(*only);
  if (!rows) return fail(env, rows.error());
  const bool flawed = std::ranges::any_of(*rows, [](const auto& row) { return bool(row.flaw); });
  auto columns = storage::route_columns();
  if (flawed) columns.insert(columns.end(), {"id", "refused"});
  row_writer writer(*format, columns, env.out, env.colours);
  for (const auto& row : *rows) {
    auto cells = route_cells(row);
    if (flawed) cells.emplace_back(static_cast<std::int64_t>(row.id));
    if (flawed) cells.push_back(row.flaw ? cell(row.flaw.reason) : cell());
    writer.add(cells, row.flaw ? row_shade::alarm : row_shade::plain);
  }
  writer.finish();
  print_flaws(*rows, env);
  return exit_done;
}

// Writes what `route import` accepts: leaves out invalid zones and rows that dns ignores.
int export_routes(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::csv);
  if (!format) return fail(env, format.error());
  const auto only = module_of(args);
  if (!only) return fail(env, only.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  auto rows = storage::open_route_editor(env.storage)->list(*only);
  if (!rows) return fail(env, rows.error());
  row_writer writer(*format, storage::route_columns(), env.out);
  for (auto& row : *rows) {
    if (!row.has_zone()) row.target.zone.clear();
    if (row.is_usable()) writer.add(route_cells(row));
  }
  writer.finish();
  print_flaws(*rows, env);
  return exit_done;
}

option_spec weight_option() { return {"weight", "W", "0 to 10000, default 100; 0 = no new calls"}; }
option_spec zone_option() { return {"zone", "Z", "location of the host: up to 64 bytes of text"}; }

command_spec import_command() {
  return {
      "route import",
      "FILE [--replace M C]",
      "add or update the hosts in a CSV file, in one transaction",
      1,
      1,
      {{"replace", "M C", "also remove hosts of this module that are not in the file"}},
      import_routes,
      "The first line of FILE is modid,cmdid,ip,port,weight,zone,state; the last three columns are optional (default:\n"
      "weight 100, no zone, up). The FILE - is standard input. An error in any line leaves the database unchanged.\n"};
}

}  // namespace

std::vector<command_spec> route_commands() {
  const option_spec state{"state", "up|drain|down", "up: gets calls, drain: no new calls, down: no calls"};
  return {
      {"route add",
       "M C HOST:PORT [--weight W] [--zone Z]",
       "add a host to a module, or update it",
       3,
       3,
       {weight_option(), zone_option()},
       add_host,
       {}},
      {"route set",
       "M C HOST:PORT [--weight W] [--zone Z] [--state S]",
       "change a host of a module",
       3,
       3,
       {weight_option(), zone_option(), state},
       set_host,
       {}},
      {"route remove", "M C HOST:PORT", "remove a host from a module", 3, 3, {}, remove_host, {}},
      {"route list",
       "[M C] [--format F]",
       "show all hosts, or those of a module",
       0,
       2,
       {format_option()},
       list_routes,
       "If rows have invalid values, the columns id and refused name the row and the error; dns ignores the row or "
       "the\n"
       "value.\n"},
      import_command(),
      {"route export",
       "[M C] [--format F]",
       "print all hosts, or those of a module, for `route import`",
       0,
       2,
       {format_option()},
       export_routes,
       {}},
  };
}

}  // namespace lars::cli
