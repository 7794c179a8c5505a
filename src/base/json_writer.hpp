// Writes JSON from what is at hand, without a document in memory. Numbers are written as people do: 5.4, not 5.4E0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lars::base {

// The text as a JSON string, with its quotes. REQUIRES: `text` is valid UTF-8.
std::string json_text(std::string_view text);

// The shortest number that reads back as the same; null if it is not finite.
std::string json_number(double value);

// Members come in the order in which they are put. REQUIRES: names are valid UTF-8 and differ.
class json_object {
public:
  void put(std::string_view name, std::string_view value) { put_json(name, json_text(value)); }
  void put(std::string_view name, const char* value) { put(name, std::string_view(value)); }
  void put(std::string_view name, bool value) { put_json(name, value ? "true" : "false"); }
  void put(std::string_view name, std::int64_t value) { put_json(name, std::to_string(value)); }
  void put(std::string_view name, std::uint64_t value) { put_json(name, std::to_string(value)); }
  void put(std::string_view name, double value) { put_json(name, json_number(value)); }
  template <class T>
  void put(std::string_view name, const std::optional<T>& value) {
    value ? put(name, *value) : put_json(name, "null");
  }
  // REQUIRES: `json` is a JSON value.
  void put_json(std::string_view name, std::string_view json);

  std::string text() const { return text_ + '}'; }

private:
  std::string text_ = "{";
};

class json_array {
public:
  // REQUIRES: `json` is a JSON value.
  void add_json(std::string_view json);

  std::string text() const { return text_ + ']'; }

private:
  std::string text_ = "[";
};

}  // namespace lars::base
