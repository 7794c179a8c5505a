#include "storage/settings_text.hpp"

#include <boost/json.hpp>

#include "base/field_error.hpp"
#include "storage/settings_row.hpp"

namespace lars::storage {
namespace {

namespace json = boost::json;
using named_values = base::module_settings::named_values;

error wrong_type(const std::string& field, const char* expected) {
  return {errc::invalid_argument, field + " must be " + expected, field};
}

std::string text_of(const json::value& value) {
  const auto& text = value.get_string();
  return {text.data(), text.size()};
}

result<named_values> values_of(const std::string& group, const json::value& value) {
  if (!value.is_object()) return wrong_type(group, "an object");
  named_values values;
  for (const auto& [key, text] : value.get_object()) {
    const std::string name(key.data(), key.size());
    if (!text.is_string()) return wrong_type(group + '.' + name, "text");
    values.emplace(name, text_of(text));
  }
  return values;
}

result<void> read_subset_size(const json::value& value, std::uint32_t& into) {
  json::error_code failure;
  const auto number = value.is_number() ? value.to_number<std::uint32_t>(failure) : 0;
  if (!value.is_number() || failure) return wrong_type("subset_size", "a whole number, 0 or more");
  into = number;
  return {};
}

result<void> read_member(const std::string& name, const json::value& value, base::module_settings& out) {
  if (name == "subset_size") return read_subset_size(value, out.subset_size);
  if (name == "policy") {
    if (!value.is_string()) return wrong_type(name, "text");
    out.policy = text_of(value);
    return {};
  }
  if (name != "parameter" && name != "health")
    return base::unknown_field(name, "policy, parameter, health, subset_size");
  auto values = values_of(name, value);
  if (!values) return values.error();
  (name == "health" ? out.health : out.parameter) = *std::move(values);
  return {};
}

json::object object_of(const named_values& values) {
  json::object object;
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

}  // namespace

result<base::module_settings> parse_settings(std::string_view text) {
  if (text.size() > settings_limit)
    return {errc::invalid_argument, "longer than " + std::to_string(settings_limit) + " bytes"};
  json::error_code failure;
  const auto value = json::parse(json::string_view(text.data(), text.size()), failure);
  if (failure) return {errc::invalid_argument, "not JSON: " + failure.message()};
  if (!value.is_object()) return {errc::invalid_argument, "not a JSON object"};
  base::module_settings settings;
  for (const auto& [name, member] : value.get_object())
    if (auto read = read_member({name.data(), name.size()}, member, settings); !read) return read.error();
  return settings;
}

std::string format_settings(const base::module_settings& settings) {
  // Objects keep the order in which members are added.
  json::object object;
  if (!settings.health.empty()) object["health"] = object_of(settings.health);
  if (!settings.parameter.empty()) object["parameter"] = object_of(settings.parameter);
  if (!settings.policy.empty()) object["policy"] = settings.policy;
  if (settings.subset_size != 0) object["subset_size"] = settings.subset_size;
  return json::serialize(object);
}

}  // namespace lars::storage
