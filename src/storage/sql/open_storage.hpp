// Opens readers, editors and stores over the database that a storage_config names.
#pragma once

#include <memory>

#include "storage/history_store.hpp"
#include "storage/route_editor.hpp"
#include "storage/route_reader.hpp"
#include "storage/settings_editor.hpp"
#include "storage/status_reader.hpp"
#include "storage/status_store.hpp"
#include "storage/storage_check.hpp"
#include "storage/storage_config.hpp"

namespace lars::storage {

// None of them connects: the first use does. They never create a database.
std::unique_ptr<route_reader> open_route_reader(const storage_config& config);
std::unique_ptr<route_editor> open_route_editor(const storage_config& config);
std::unique_ptr<settings_editor> open_settings_editor(const storage_config& config);
std::unique_ptr<status_store> open_status_store(const storage_config& config);
std::unique_ptr<history_store> open_history_store(const storage_config& config);
std::unique_ptr<status_reader> open_status_reader(const storage_config& config);
std::unique_ptr<storage_check> open_storage_check(const storage_config& config);

}  // namespace lars::storage
