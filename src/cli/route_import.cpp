#include "cli/route_import.hpp"

#include <array>
#include <fstream>
#include <iostream>
#include <optional>

#include "base/csv.hpp"
#include "catalog/host_fields.hpp"
#include "cli/command_spec.hpp"
#include "cli/database.hpp"
#include "storage/route_file.hpp"
#include "storage/sql/open_storage.hpp"

namespace lars::cli {
namespace {

result<std::string> read_all(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& in = path == "-" ? std::cin : file;
  if (!in) return {errc::io_failed, "cannot open " + path};
  std::string text;
  std::array<char, 65536> piece;
  do {
    in.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  } while (in);
  if (in.bad()) return {errc::io_failed, "cannot read " + path};
  return text;
}

}  // namespace

int import_routes(const arguments& args, const environment& env) {
  std::optional<route_key> replace;
  if (const auto module = args.values("replace"); !module.empty()) {
    const auto key = catalog::parse_key(module[0], module[1]);
    if (!key) return fail(env, key.error());
    replace = *key;
  }
  if (const auto refused = refuse_absent_database(env)) return *refused;
  const auto& path = args.positional().front();
  const auto text = read_all(path);
  if (!text) return fail(env, text.error());
  const auto rows = storage::read_route_file(*text, replace);
  if (!rows) {
    env.err << "lars: " << path << ": " << rows.error().detail << '\n';
    return exit_failed;
  }
  const auto changed = storage::open_route_editor(env.storage)->import(*rows, replace);
  if (!changed) return fail(env, changed.error());
  env.err << "lars: " << rows->size() << " hosts read (" << base::delimiter_name(base::delimiter_of(*text))
          << "-separated), " << *changed << " rows changed\n";
  return exit_done;
}

}  // namespace lars::cli
