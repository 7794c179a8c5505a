#include "http/static_files.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "http/accept_encoding.hpp"
#include "http/etag.hpp"

namespace lars::http {
namespace {

constexpr std::array<std::pair<std::string_view, const char*>, 14> content_types{{
    {"html", "text/html; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"ico", "image/x-icon"},
    {"woff2", "font/woff2"},
    {"txt", "text/plain; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"wasm", "application/wasm"},
}};

const char* content_type(std::string_view path) {
  const auto dot = path.rfind('.');
  const auto suffix = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
  const auto found = std::find_if(content_types.begin(), content_types.end(),
                                  [suffix](const auto& each) { return each.first == suffix; });
  return found == content_types.end() ? "application/octet-stream" : found->second;
}

// FNV-1a. It need not resist an attacker: the files are our own.
std::string hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return std::to_string(hash) + '-' + std::to_string(bytes.size());
}

struct encoding {
  const char* name;  // null = as it is
  const char* tag_suffix;
  std::string_view body;
};

// The one with the greatest weight, of equal ones the smaller body. Without a preference for the plain body, each
// compressed one that the peer takes is better.
encoding choose(const embedded_file& file, std::string_view accepted) {
  encoding best{nullptr, "\"", file.body};
  int best_weight = encoding_weight(accepted, "identity");
  if (accepted.find("identity") == std::string_view::npos) best_weight = 0;
  for (const auto& each : {encoding{"br", ".br\"", file.brotli}, encoding{"gzip", ".gz\"", file.gzip}}) {
    const int weight = each.body.empty() ? 0 : encoding_weight(accepted, each.name);
    if (weight == 0 || weight < best_weight) continue;
    if (weight == best_weight && each.body.size() >= best.body.size()) continue;
    best = each;
    best_weight = weight;
  }
  return best;
}

}  // namespace

static_files::static_files(std::span<const embedded_file> table) {
  for (const auto& file : table) files_.emplace(file.path, entry{&file, '"' + hash_of(file.body)});
}

response static_files::answer(std::string_view path, const request& asked) const {
  std::string name(path);
  if (name.empty() || name.ends_with('/')) name += "index.html";
  const auto found = files_.find(name);
  if (found == files_.end()) return problem(404, "no such file");
  const auto& [file, tag] = found->second;
  const auto chosen = choose(*file, asked.field("accept-encoding"));
  response given{200, {}, content_type(name)};
  // Each encoding is a representation of its own and needs its own strong tag.
  const auto whole_tag = tag + chosen.tag_suffix;
  given.headers = {{"ETag", whole_tag},
                   {"Cache-Control", file->is_named_by_content ? "public, max-age=31536000, immutable" : "no-cache"},
                   {"X-Content-Type-Options", "nosniff"}};
  if (!file->gzip.empty() || !file->brotli.empty()) given.headers.emplace_back("Vary", "Accept-Encoding");
  if (if_none_match(asked.field("if-none-match"), whole_tag)) {
    given.status = 304;
    return given;
  }
  if (chosen.name != nullptr) given.headers.emplace_back("Content-Encoding", chosen.name);
  given.body = chosen.body;
  return given;
}

plain_handler serve_files(std::span<const embedded_file> table) {
  return [files = std::make_shared<const static_files>(table)](const request& asked) {
    return files->answer(asked.parameters.empty() ? std::string_view() : asked.parameters.back().second, asked);
  };
}

}  // namespace lars::http
