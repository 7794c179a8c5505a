# Everything comes from Debian 12. SOCI 4.0 ships neither a CMake config nor a .pc file, so it is found by hand.
find_package(Threads REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers json program_options)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(Protobuf 3.21 REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(MARIADB REQUIRED IMPORTED_TARGET libmariadb)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

find_path(SOCI_INCLUDE_DIR soci/soci.h REQUIRED)
find_library(SOCI_CORE_LIBRARY NAMES libsoci_core.a soci_core REQUIRED)
find_library(SOCI_MYSQL_LIBRARY NAMES libsoci_mysql.a soci_mysql REQUIRED)
find_library(SOCI_SQLITE3_LIBRARY NAMES libsoci_sqlite3.a soci_sqlite3 REQUIRED)

add_library(soci_core UNKNOWN IMPORTED)
set_target_properties(soci_core PROPERTIES IMPORTED_LOCATION "${SOCI_CORE_LIBRARY}")
target_include_directories(soci_core SYSTEM INTERFACE "${SOCI_INCLUDE_DIR}" "${SOCI_INCLUDE_DIR}/soci")
target_link_libraries(soci_core INTERFACE ${CMAKE_DL_LIBS} Boost::headers Threads::Threads)

add_library(soci_mysql UNKNOWN IMPORTED)
set_target_properties(soci_mysql PROPERTIES IMPORTED_LOCATION "${SOCI_MYSQL_LIBRARY}")
target_link_libraries(soci_mysql INTERFACE soci_core PkgConfig::MARIADB)

add_library(soci_sqlite3 UNKNOWN IMPORTED)
set_target_properties(soci_sqlite3 PROPERTIES IMPORTED_LOCATION "${SOCI_SQLITE3_LIBRARY}")
target_link_libraries(soci_sqlite3 INTERFACE soci_core SQLite::SQLite3)
