// Files that are compiled into the program, served from memory.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "http/handler.hpp"

namespace lars::http {

// One row of the table that a build step writes. The bytes have static storage duration.
struct embedded_file {
  std::string_view path;             // "assets/app.js"; without '/' in front
  std::string_view body;             // as it is
  std::string_view gzip = {};        // the same compressed; empty = there is none
  std::string_view brotli = {};      // the same
  bool is_named_by_content = false;  // another content has another path, so the file may be cached forever
};

// Threads: immutable after construction.
class static_files {
public:
  // REQUIRES: `table` and its bytes outlive this.
  explicit static_files(std::span<const embedded_file> table);

  // The file in the best of its encodings, 304 if the peer has it, 404 if there is none. "" and "a/" mean "index.html"
  // and "a/index.html". A path is looked up as it is, so it cannot lead out of the table.
  response answer(std::string_view path, const request& asked) const;

private:
  struct entry {
    const embedded_file* file;
    std::string tag;  // strong; of the body as it is, without the closing quote
  };
  std::map<std::string_view, entry> files_;
};

// Serves the files below a pattern that ends in "{file...}".
plain_handler serve_files(std::span<const embedded_file> table);

}  // namespace lars::http
