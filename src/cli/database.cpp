#include "cli/database.hpp"

#include <filesystem>

namespace lars::cli {

std::optional<int> refuse_absent_database(const environment& env) {
  std::error_code ignored;
  if (env.storage.kind != storage::backend::sqlite || std::filesystem::exists(env.storage.connect, ignored))
    return std::nullopt;
  env.err << "lars: no database at " << env.storage.connect
          << "; start a dns or run 'lars migrate' to create it, or name another with --set storage.url=URL\n";
  return exit_bad_configuration;
}

}  // namespace lars::cli
