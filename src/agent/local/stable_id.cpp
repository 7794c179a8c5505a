#include "agent/local/stable_id.hpp"

#include <xxhash.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "agent/local/disk_file.hpp"
#include "base/agent_id.hpp"
#include "base/random.hpp"
#include "log/log.hpp"

namespace lars::agent {
namespace {

base::agent_id random_id() {
  auto draw = base::random_source::from_system();
  const auto first = draw();
  return base::agent_id::from_draws(first, draw());
}

// The content of the file: 32 hex digits and a newline.
std::string text_of(const base::agent_id& id) { return id.hex() + '\n'; }

std::optional<base::agent_id> id_of(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  return base::agent_id::from_hex(text.substr(0, text.size() - 1));
}

// The id in the file; none if the file is empty, or was damaged and renamed.
result<std::optional<base::agent_id>> read_id(disk_file& file) {
  if (auto opened = file.open(); !opened) return opened.error();
  const auto text = file.read(0, 2 * base::agent_id::size + 2);
  if (!text) return text.error();
  if (text->empty()) return std::optional<base::agent_id>();
  if (const auto id = id_of(*text)) return id;
  const auto path = file.path().string();
  log::warn("agent.id_damaged", {{"file", path}, {"kept_as", path + ".damaged"}});
  if (auto moved = file.quarantine(); !moved) return moved.error();
  return std::optional<base::agent_id>();
}

result<base::agent_id> load_or_create_id(disk_file& file) {
  const auto known = read_id(file);
  if (!known) return known.error();
  if (*known) return **known;
  const auto created = random_id();
  if (auto written = file.replace(text_of(created)); !written) return written.error();
  return created;
}

// The first line of the file, whatever it contains; empty if the file cannot be read.
std::string read_machine_id(const std::filesystem::path& path) {
  constexpr std::size_t most = 256;
  std::ifstream file(path, std::ios::binary);
  std::string text(most, '\0');
  file.read(text.data(), static_cast<std::streamsize>(most));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::uint64_t stable_id(const std::filesystem::path& state_dir, const std::filesystem::path& machine_id) {
  disk_file file(state_dir / "agent.id");
  const auto kept = load_or_create_id(file);
  if (!kept) log::warn("agent.id_not_saved", {{"reason", kept.error().text()}});
  const auto id = kept ? *kept : random_id();
  const auto machine = read_machine_id(machine_id);
  return XXH64(machine.data(), machine.size(), XXH64(id.bytes.data(), id.bytes.size(), 0));
}

}  // namespace lars::agent
