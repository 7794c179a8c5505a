// A pattern of paths with parameters, written as in Go's net/http: "/v1/modules/{modid}/{cmdid}", "/console/{file...}".
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace lars::http {

// Threads: immutable after construction.
class path_pattern {
public:
  // {name} stands for one segment that is not empty; {name...} at the end for all further segments, which may be none.
  // Throws std::logic_error if the text is not such a pattern.
  explicit path_pattern(std::string_view text);

  // The parameters, if the segments of a path match. Those of {name...} are joined with '/'; a segment that contains
  // '/' or is "." or ".." does not match it.
  std::optional<std::vector<named_text>> match(const std::vector<std::string>& segments) const;

  // The more specific one first: at the first difference, text precedes {name} and {name} precedes {name...}. Names
  // make no difference.
  std::strong_ordering operator<=>(const path_pattern& other) const;
  bool operator==(const path_pattern& other) const { return (*this <=> other) == 0; }

private:
  enum class kind { text, parameter, rest };
  struct part {
    kind is;
    std::string text;  // or the name
  };
  static part read_part(const std::string& segment);

  std::vector<part> parts_;
};

}  // namespace lars::http
