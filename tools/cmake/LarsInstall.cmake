# What `cmake --install` puts where, and the Debian packages that CPack makes of it, a component each: lars, liblars1 and
# liblars-dev. Units, users and conffiles belong to fixed places of the system: the prefix is /usr unless it is set, and
# DESTDIR serves for a try. A component alone is installed by `cmake --install build/release --component liblars-dev`.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "" FORCE)
endif()
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME lars)
set(LARS_PACKAGE_DIR "${CMAKE_BINARY_DIR}/package")
set(LARS_CONFIG_DIR "${CMAKE_INSTALL_FULL_SYSCONFDIR}/lars")

# What a component needs is made when it is installed or packed, whatever was built before; what cannot be made ends it.
foreach(component lars liblars1 liblars-dev)
  set(needed lars_package_files)
  if(NOT component STREQUAL lars)
    set(needed lars_libraries)
  endif()
  install(CODE "execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\" --target ${needed}
    COMMAND_ERROR_IS_FATAL ANY)" COMPONENT ${component})
endforeach()
install(TARGETS lars RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

# They may hold the password of the database.
install(FILES config/dns.conf config/reporter.conf config/agent.conf DESTINATION "${LARS_CONFIG_DIR}"
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)

foreach(role dns reporter agent)
  file(READ config/systemd/lars-${role}.service unit)
  string(REPLACE "/usr/bin/lars" "${CMAKE_INSTALL_FULL_BINDIR}/lars" unit "${unit}")
  string(REPLACE "/etc/lars" "${LARS_CONFIG_DIR}" unit "${unit}")
  file(CONFIGURE OUTPUT "${LARS_PACKAGE_DIR}/lars-${role}.service" CONTENT "${unit}" @ONLY)
  install(FILES "${LARS_PACKAGE_DIR}/lars-${role}.service" DESTINATION /lib/systemd/system)
endforeach()
install(FILES config/sysusers.d/lars.conf DESTINATION /usr/lib/sysusers.d)
install(FILES config/tmpfiles.d/lars.conf DESTINATION /usr/lib/tmpfiles.d)
install(FILES config/sysctl.d/10-lars.conf DESTINATION /usr/lib/sysctl.d)
install(FILES config/logrotate.d/lars DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/logrotate.d")
install(FILES config/bash-completion/lars DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES config/prometheus/prometheus.yml config/prometheus/lars.rules.yml
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/prometheus")

# The libraries for programs, where the system keeps such things, and what other builds need to find them.
include(CMakePackageConfigHelpers)
set(cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/lars")
set(pkgconfig_dir "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(TARGETS liblars EXPORT lars LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT liblars1
  NAMELINK_COMPONENT liblars-dev)
install(TARGETS liblars_static EXPORT lars ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT liblars-dev)
target_include_directories(liblars INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_include_directories(liblars_static INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT liblars-dev)
install(EXPORT lars NAMESPACE lars:: FILE lars-config.cmake DESTINATION "${cmake_dir}" COMPONENT liblars-dev)
write_basic_package_version_file("${LARS_PACKAGE_DIR}/lars-config-version.cmake" COMPATIBILITY SameMajorVersion)
install(FILES "${LARS_PACKAGE_DIR}/lars-config-version.cmake" DESTINATION "${cmake_dir}" COMPONENT liblars-dev)
configure_file(config/lars.pc.in "${LARS_PACKAGE_DIR}/lars.pc" @ONLY)
install(FILES "${LARS_PACKAGE_DIR}/lars.pc" DESTINATION "${pkgconfig_dir}" COMPONENT liblars-dev)

# Compressed as Debian wants it, without name and time, so that the same source gives the same bytes.
function(lars_compressed source name directory)
  set(packed "${LARS_PACKAGE_DIR}/${name}.gz")
  add_custom_command(OUTPUT "${packed}" DEPENDS "${source}" COMMAND gzip -9nc "${source}" > "${packed}" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY LARS_PACKED "${packed}")
  install(FILES "${packed}" DESTINATION "${directory}")
endfunction()
configure_file(config/debian/changelog.in "${LARS_PACKAGE_DIR}/changelog" @ONLY)
lars_compressed("${LARS_PACKAGE_DIR}/changelog" changelog "${CMAKE_INSTALL_DOCDIR}")
lars_compressed("${CMAKE_SOURCE_DIR}/CHANGELOG.md" CHANGELOG.md "${CMAKE_INSTALL_DOCDIR}")

# Each package has its own copyright and changelog.
install(FILES config/debian/copyright DESTINATION "${CMAKE_INSTALL_DOCDIR}")
foreach(package liblars1 liblars-dev)
  set(doc_dir "${CMAKE_INSTALL_DATADIR}/doc/${package}")
  install(FILES config/debian/copyright DESTINATION "${doc_dir}" COMPONENT ${package})
  install(FILES "${LARS_PACKAGE_DIR}/changelog.gz" DESTINATION "${doc_dir}" COMPONENT ${package})
endforeach()

# The manual is what the program itself says. Without help2man the rest is installed all the same; packing refuses
# (LarsPackers.cmake), as a package is whole or none.
set(manual "${LARS_PACKAGE_DIR}/lars.1")
add_custom_command(OUTPUT "${manual}.gz" DEPENDS lars config/lars.h2m
  COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=1795521600 help2man --no-info --section=1
    "--name=hands callers the right backend for each remote call" "--include=${CMAKE_SOURCE_DIR}/config/lars.h2m"
    "--output=${manual}" $<TARGET_FILE:lars>
  COMMAND gzip -9nc "${manual}" > "${manual}.gz" VERBATIM)
add_custom_target(lars_manual DEPENDS "${manual}.gz")
install(CODE "
  execute_process(COMMAND sh -c \"command -v help2man\" OUTPUT_QUIET RESULT_VARIABLE no_help2man)
  if(no_help2man)
    message(STATUS \"Installing without the manual, which needs help2man: apt-get install help2man\")
    file(REMOVE \"${manual}.gz\")  # of an earlier build
  else()
    execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${CMAKE_BINARY_DIR}\" --target lars_manual COMMAND_ERROR_IS_FATAL ANY)
  endif()")
install(FILES "${manual}.gz" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" OPTIONAL)
get_property(packed GLOBAL PROPERTY LARS_PACKED)
add_custom_target(lars_package_files DEPENDS lars ${packed})

add_custom_target(lars_libraries DEPENDS liblars liblars_static "${LARS_PACKAGE_DIR}/changelog.gz")
# All that is installed, and no test.
add_custom_target(lars_installed DEPENDS lars_libraries lars_package_files)

include(LarsPackages)
