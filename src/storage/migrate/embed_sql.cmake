# Writes the source that holds every migration: cmake -DSQL_DIR=... -DOUTPUT=... -P embed_sql.cmake
set(text "// Generated from sql/ by embed_sql.cmake.\n#include \"storage/migrate/embedded_migrations.hpp\"\n\n#include \"storage/sql/schema.hpp\"\n\nnamespace lars::storage {\n")
foreach(backend mysql sqlite)
  string(APPEND text "\nstatic const embedded_migration ${backend}_migrations[] = {\n")
  file(GLOB files "${SQL_DIR}/${backend}/*.sql")
  list(SORT files)
  set(newest 0)
  foreach(file ${files})
    get_filename_component(stem "${file}" NAME_WE)
    if(NOT stem MATCHES "^([0-9][0-9][0-9])_(.+)$")
      message(FATAL_ERROR "${file}: a migration is named NNN_what_it_does.sql")
    endif()
    set(name "${CMAKE_MATCH_2}")
    string(REGEX REPLACE "^0+" "" number "${CMAKE_MATCH_1}")
    math(EXPR newest "${newest} + 1")
    if(NOT number EQUAL newest)
      message(FATAL_ERROR "${file}: the next migration of ${backend} is number ${newest}")
    endif()
    file(READ "${file}" sql)
    string(APPEND text "    {${number}, \"${name}\", R\"__sql__(${sql})__sql__\"},\n")
  endforeach()
  string(APPEND text "};\nstatic_assert(newest_migration == ${newest}, \"a file was added to sql/: change newest_migration in schema.hpp\");\n")
endforeach()
string(APPEND text "
std::span<const embedded_migration> embedded_migrations(backend kind) {
  if (kind == backend::mysql) return mysql_migrations;
  return sqlite_migrations;
}

}  // namespace lars::storage
")
file(WRITE "${OUTPUT}" "${text}")
