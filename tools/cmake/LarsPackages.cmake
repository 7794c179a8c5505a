# The Debian packages that `cpack` makes, one a component of what is installed.
set(CPACK_GENERATOR DEB)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME lars)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "The Lars authors <lars@example.org>")
set(CPACK_COMPONENTS_ALL lars liblars1 liblars-dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_SOURCE_DIR}/tools/cmake/LarsPackers.cmake")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

# Of a description the first line is the synopsis, as long as there is none for all packages.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_COMPONENT_LARS_DESCRIPTION "load balancing and scheduling of remote calls, without a hop
The roles of Lars: dns keeps the routes of modules, an agent on each machine
tells callers which backend to use for their next call and shields those that
fail, reporter writes down how calls went.")
set(CPACK_DEBIAN_LARS_PACKAGE_NAME lars)
set(CPACK_DEBIAN_LARS_PACKAGE_SECTION net)
set(CPACK_DEBIAN_LARS_PACKAGE_DEPENDS systemd)  # its sysusers and tmpfiles; it need not be running
set(CPACK_DEBIAN_LARS_PACKAGE_SUGGESTS "default-mysql-server, prometheus, logrotate")
set(CPACK_DEBIAN_LARS_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/config/debian/conffiles"
  "${CMAKE_SOURCE_DIR}/config/debian/postinst" "${CMAKE_SOURCE_DIR}/config/debian/prerm"
  "${CMAKE_SOURCE_DIR}/config/debian/postrm")

set(CPACK_COMPONENT_LIBLARS1_DESCRIPTION "pick the backend of a remote call, library
What programs are linked to that ask the Lars agent of their machine which
backend to use for their next call, and tell it how the call went.")
set(CPACK_DEBIAN_LIBLARS1_PACKAGE_NAME liblars1)
set(CPACK_DEBIAN_LIBLARS1_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBLARS1_PACKAGE_SUGGESTS lars)  # the agent may as well be asked without shared memory
# What other packages need to say when they are linked to it.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_LIBLARS1_PACKAGE_CONTROL_EXTRA "${CMAKE_SOURCE_DIR}/config/debian/triggers")

set(CPACK_COMPONENT_LIBLARS-DEV_DESCRIPTION "pick the backend of a remote call, development files
Headers for C, for C++ and for programs written for the old interface, the
static library, and what pkg-config and CMake need to find them.")
set(CPACK_DEBIAN_LIBLARS-DEV_PACKAGE_NAME liblars-dev)
set(CPACK_DEBIAN_LIBLARS-DEV_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_LIBLARS-DEV_DEPENDS liblars1)  # of the very same version
include(CPack)
