#include "http/static_files.hpp"

#include <catch2/catch.hpp>
#include <iterator>

#include "http/router.hpp"
#include "support/run_now.hpp"

namespace lars::static_files_test {

using namespace lars::http;

namespace {

constexpr embedded_file table[] = {
    {.path = "index.html", .body = "<p>hello</p>", .gzip = "gz1", .brotli = "b1"},
    {.path = "assets/app-1f.js", .body = "let a = 1", .gzip = "gz2", .is_named_by_content = true},
    {.path = "logo.svg", .body = "<svg/>"},
    {.path = "docs/index.html", .body = "docs"},
    {.path = "data.bin", .body = "x"},
    {.path = "tiny.txt", .body = "x", .gzip = "larger"},
};

std::string header(const response& given, std::string_view name) {
  for (const auto& [each, value] : given.headers)
    if (each == name) return value;
  return "";
}

response get(std::string_view path, std::vector<named_text> fields = {}) {
  static const static_files files(table);
  request asked;
  asked.fields = std::move(fields);
  return files.answer(path, asked);
}

response get(std::string_view path, const std::string& encodings) {
  return get(path, {{"accept-encoding", encodings}});
}

}  // namespace

TEST_CASE("a file has its type, a strong tag and a rule for caches") {
  const auto page = get("index.html");
  CHECK(page.status == 200);
  CHECK(page.body == "<p>hello</p>");
  CHECK(page.type == "text/html; charset=utf-8");
  CHECK(header(page, "Cache-Control") == "no-cache");
  CHECK(header(page, "X-Content-Type-Options") == "nosniff");
  CHECK(header(page, "ETag").starts_with("\""));
  CHECK(header(page, "Vary") == "Accept-Encoding");
  CHECK(header(get("assets/app-1f.js"), "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(get("assets/app-1f.js").type == "text/javascript; charset=utf-8");
  CHECK(get("data.bin").type == "application/octet-stream");
  CHECK(header(get("logo.svg"), "Vary").empty());
  CHECK(header(get("logo.svg"), "ETag") != header(page, "ETag"));
}

TEST_CASE("a folder is its index.html; nothing else is found") {
  CHECK(get("").body == "<p>hello</p>");
  CHECK(get("docs/").body == "docs");
  for (const char* path :
       {"docs", "nothing", "/index.html", "../index.html", "docs/../index.html", "index.html/", "INDEX.html"}) {
    INFO(path);
    CHECK(get(path).status == 404);
  }
}

TEST_CASE("the best encoding that the peer takes is chosen") {
  const std::pair<const char*, const char*> cases[] = {
      {"gzip, deflate, br", "br"},
      {"gzip", "gzip"},
      {"br;q=0.1, gzip;q=0.9", "gzip"},
      {"", ""},
      {"br;q=0", ""},
      {"identity", ""},
      {"identity;q=1, gzip;q=0.5", ""},
      {"*", "br"},
      {"gzip;q=0.1", "gzip"},
      {"deflate, identity", ""},
      {"identity;q=0.5, br", "br"},
  };
  for (const auto& [accepted, encoding] : cases) {
    INFO(accepted);
    const auto given = get("index.html", std::string(accepted));
    CHECK(header(given, "Content-Encoding") == encoding);
    CHECK(given.body == (*encoding == 0 ? "<p>hello</p>" : *encoding == 'b' ? "b1" : "gz1"));
  }
  CHECK(header(get("assets/app-1f.js", "br"), "Content-Encoding").empty());
}

TEST_CASE("a peer that has the file gets 304, of the same encoding only") {
  const auto plain = header(get("index.html"), "ETag"), zipped = header(get("index.html", "gzip"), "ETag");
  CHECK(plain != zipped);
  const auto known = get("index.html", {{"accept-encoding", "gzip"}, {"if-none-match", zipped}});
  CHECK(known.status == 304);
  CHECK(known.body.empty());
  CHECK(header(known, "ETag") == zipped);
  CHECK(header(known, "Cache-Control") == "no-cache");
  CHECK(header(known, "Vary") == "Accept-Encoding");
  CHECK(get("index.html", {{"if-none-match", zipped}}).status == 200);
}

TEST_CASE("files are served below a path, and no path leads out of it") {
  router routes;
  routes.add("GET", "/console/{file...}", serve_files(table));
  const body_receiver no_body = [](request&, const body_limits&) -> asio::awaitable<std::optional<response>> {
    co_return std::nullopt;
  };
  const auto status = [&](const char* path) {
    request asked{"GET", path, {}, {}, true};
    return test::run_now(routes.answer(asked, no_body)).status;
  };
  CHECK(status("/console/") == 200);
  CHECK(status("/console/assets/app-1f.js") == 200);
  CHECK(status("/console/assets%2Fapp-1f.js") == 404);
  CHECK(status("/console/docs/../index.html") == 404);
  CHECK(status("/console/%2e%2e/index.html") == 404);
  CHECK(status("/console/..%2f..%2fetc/passwd") == 404);
}

}  // namespace lars::static_files_test
