#include "cli/command_spec.hpp"
#include "cli/database.hpp"
#include "storage/migrate/migrations.hpp"

namespace lars::cli {
namespace {

int print_status(const arguments& args, const environment& env) {
  const auto format = format_of(args, row_format::table);
  if (!format) return fail(env, format.error());
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto states = storage::migration_state(env.storage);
  if (!states) return fail(env, states.error());
  row_writer writer(*format, {"number", "name", "state"}, env.out);
  for (const auto& one : *states)
    writer.add({std::int64_t{one.number}, one.name, std::string(one.applied ? "applied" : "missing")});
  writer.finish();
  return exit_done;
}

int print_missing(const environment& env) {
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto states = storage::migration_state(env.storage);
  if (!states) return fail(env, states.error());
  for (const auto& one : *states)
    if (!one.applied) env.out << "-- " << one.number << ' ' << one.name << '\n' << one.sql << '\n';
  return exit_done;
}

int migrate(const arguments& args, const environment& env) {
  if (args.has("status") && args.has("dry-run"))
    return fail(env, {errc::invalid_argument, "--status and --dry-run cannot be combined"});
  if (args.has("status")) return print_status(args, env);
  if (args.has("dry-run")) return print_missing(env);
  // Create a SQLite file if it does not exist. A MySQL database must exist on the server.
  const bool sqlite = env.storage.kind == storage::backend::sqlite;
  const auto policy = sqlite ? storage::migrate_policy::create_and_upgrade : storage::migrate_policy::always;
  const auto applied = storage::migrate(env.storage, policy);
  if (!applied) return fail(env, applied.error());
  env.err << "lars: " << env.storage.shown() << ": " << *applied << " migrations applied\n";
  return exit_done;
}

}  // namespace

std::vector<command_spec> migrate_commands() {
  return {
      {"migrate",
       "[--status | --dry-run]",
       "upgrade the database to the schema of this program",
       0,
       0,
       {{"status", "", "show which migrations are applied and which are missing"},
        {"dry-run", "", "print the SQL of the missing migrations without running it"},
        format_option()},
       migrate,
       "Old programs keep working with the upgraded database. Creates a SQLite file that does not exist; --status and\n"
       "--dry-run do not.\n"}};
}

}  // namespace lars::cli
