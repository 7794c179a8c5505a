#include "storage/sql/open_storage.hpp"

#include "storage/sql/sql_history_store.hpp"
#include "storage/sql/sql_route_editor.hpp"
#include "storage/sql/sql_route_reader.hpp"
#include "storage/sql/sql_settings_editor.hpp"
#include "storage/sql/sql_status_reader.hpp"
#include "storage/sql/sql_status_store.hpp"
#include "storage/sql/sql_storage_check.hpp"

namespace lars::storage {

std::unique_ptr<route_reader> open_route_reader(const storage_config& config) {
  return std::make_unique<sql_route_reader>(config);
}

std::unique_ptr<route_editor> open_route_editor(const storage_config& config) {
  return std::make_unique<sql_route_editor>(config);
}

std::unique_ptr<settings_editor> open_settings_editor(const storage_config& config) {
  return std::make_unique<sql_settings_editor>(config);
}

std::unique_ptr<status_store> open_status_store(const storage_config& config) {
  return std::make_unique<sql_status_store>(config);
}

std::unique_ptr<history_store> open_history_store(const storage_config& config) {
  return std::make_unique<sql_history_store>(config);
}

std::unique_ptr<status_reader> open_status_reader(const storage_config& config) {
  return std::make_unique<sql_status_reader>(config);
}

std::unique_ptr<storage_check> open_storage_check(const storage_config& config) {
  return std::make_unique<sql_storage_check>(config);
}

}  // namespace lars::storage
