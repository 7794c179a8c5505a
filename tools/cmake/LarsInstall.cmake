# What `cmake --install` puts where, and the Debian package that CPack makes of it. Units, users and conffiles belong to
# fixed places of the system: the prefix is /usr unless it is set, and DESTDIR serves for a try.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "" FORCE)
endif()
include(GNUInstallDirs)
set(LARS_PACKAGE_DIR "${CMAKE_BINARY_DIR}/package")
set(LARS_CONFIG_DIR "${CMAKE_INSTALL_FULL_SYSCONFDIR}/lars")

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
install(FILES config/logrotate.d/lars DESTINATION "${CMAKE_INSTALL_FULL_SYSCONFDIR}/logrotate.d")
install(FILES config/bash-completion/lars DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES config/prometheus/prometheus.yml config/prometheus/lars.rules.yml
  DESTINATION "${CMAKE_INSTALL_DOCDIR}/prometheus")
install(FILES config/debian/copyright DESTINATION "${CMAKE_INSTALL_DOCDIR}")

# Compressed as Debian wants it, without name and time, so that the same source gives the same bytes.
function(lars_compressed source name directory)
  set(packed "${LARS_PACKAGE_DIR}/${name}.gz")
  add_custom_command(OUTPUT "${packed}" DEPENDS "${source}" COMMAND gzip -9nc "${source}" > "${packed}" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY LARS_PACKED "${packed}")
  install(FILES "${packed}" DESTINATION "${directory}" OPTIONAL)
endfunction()
configure_file(config/debian/changelog.in "${LARS_PACKAGE_DIR}/changelog" @ONLY)
lars_compressed("${LARS_PACKAGE_DIR}/changelog" changelog "${CMAKE_INSTALL_DOCDIR}")
lars_compressed("${CMAKE_SOURCE_DIR}/CHANGELOG.md" CHANGELOG.md "${CMAKE_INSTALL_DOCDIR}")

# The manual is what the program itself says; without help2man there is none.
find_program(LARS_HELP2MAN help2man)
if(LARS_HELP2MAN AND NOT LARS_SANITIZE)
  add_custom_command(OUTPUT "${LARS_PACKAGE_DIR}/lars.1" DEPENDS lars
    COMMAND ${CMAKE_COMMAND} -E env SOURCE_DATE_EPOCH=1795521600 "${LARS_HELP2MAN}" --no-info --section=1
      "--name=hands callers the right backend for each remote call" "--include=${CMAKE_SOURCE_DIR}/config/lars.h2m"
      "--output=${LARS_PACKAGE_DIR}/lars.1" $<TARGET_FILE:lars> VERBATIM)
  lars_compressed("${LARS_PACKAGE_DIR}/lars.1" lars.1 "${CMAKE_INSTALL_MANDIR}/man1")
endif()
get_property(packed GLOBAL PROPERTY LARS_PACKED)
add_custom_target(lars_package_files ALL DEPENDS ${packed})

set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME lars)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "The Lars authors <lars@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "load balancing and scheduling of remote calls, without a hop")
set(CPACK_PACKAGE_DESCRIPTION "The roles of Lars: dns keeps the routes of modules, an agent on each machine
tells callers which backend to use for their next call and shields those that
fail, reporter writes down how calls went.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS systemd)  # its sysusers and tmpfiles; it need not be running
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "default-mysql-server, prometheus, logrotate")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/config/debian/conffiles"
  "${CMAKE_SOURCE_DIR}/config/debian/postinst" "${CMAKE_SOURCE_DIR}/config/debian/prerm"
  "${CMAKE_SOURCE_DIR}/config/debian/postrm")
include(CPack)
