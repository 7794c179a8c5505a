# liblars, what programs link to ask their agent: the folders of LARS_CLIENT_FOLDERS as one shared and one static library.
# Both show the names of <lars/lars.h> and no others.
foreach(folder ${LARS_CLIENT_FOLDERS})
  list(APPEND objects $<TARGET_OBJECTS:lars_${folder}>)
endforeach()
set(exports "${CMAKE_SOURCE_DIR}/tools/cmake/liblars.map")

add_library(liblars SHARED ${objects})
set_target_properties(liblars PROPERTIES OUTPUT_NAME lars EXPORT_NAME lars LINKER_LANGUAGE CXX VERSION 1 SOVERSION 1
  LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib" LINK_DEPENDS "${exports}")
target_link_options(liblars PRIVATE "LINKER:--version-script=${exports}" LINKER:--no-undefined LINKER:--as-needed)

# One object, in which all other names are its own: programs may have functions and namespaces of the same names. Groups
# of inline functions are dissolved first, or the program's linker would throw ours away for its own.
set(merged "${CMAKE_BINARY_DIR}/lib/lars.o")
add_custom_command(OUTPUT "${merged}" DEPENDS ${objects} COMMAND_EXPAND_LISTS VERBATIM
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/lib"
  COMMAND "${CMAKE_LINKER}" -r --force-group-allocation -o "${merged}" ${objects}
  COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=lars_*" --strip-debug "${merged}")
add_library(liblars_static STATIC "${merged}")
set_target_properties(liblars_static PROPERTIES OUTPUT_NAME lars EXPORT_NAME lars_static LINKER_LANGUAGE CXX
  ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
# For programs in C.
target_link_libraries(liblars_static INTERFACE stdc++ m)

foreach(library liblars liblars_static)
  target_include_directories(${library} INTERFACE "$<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>")
endforeach()
