#include "cli/database.hpp"

#include <filesystem>

namespace lars::cli {

std::optional<int> refuse_absent_database(const environment& env) {
  std::error_code ignored;
  if (env.storage.kind != storage::backend::sqlite || std::filesystem::exists(env.storage.connect, ignored))
    return std::nullopt;
  env.err << "lars: there is no database at " << env.storage.connect
          << "; a running dns creates it, and so does 'lars migrate' (storage.url says where it is)\n";
  return exit_bad_configuration;
}

}  // namespace lars::cli
