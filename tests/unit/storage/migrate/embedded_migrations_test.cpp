#include "storage/migrate/embedded_migrations.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "storage/migrate/sql_script.hpp"

namespace lars::embedded_migrations_test {

using namespace lars::storage;

TEST_CASE("migrations are numbered from 1 without gaps and hold statements") {
  for (const backend kind : {backend::mysql, backend::sqlite}) {
    const auto all = embedded_migrations(kind);
    REQUIRE_FALSE(all.empty());
    for (std::size_t i = 0; i < all.size(); ++i) {
      CHECK(all[i].number == static_cast<int>(i) + 1);
      CHECK_FALSE(std::string(all[i].name).empty());
      CHECK_FALSE(split_sql(all[i].sql).empty());
    }
  }
}

TEST_CASE("both databases have the same migrations") {
  const auto mysql = embedded_migrations(backend::mysql);
  const auto sqlite = embedded_migrations(backend::sqlite);
  REQUIRE(mysql.size() == sqlite.size());
  for (std::size_t i = 0; i < mysql.size(); ++i) CHECK(std::string(mysql[i].name) == sqlite[i].name);
}

}  // namespace lars::embedded_migrations_test
