# lars_library(NAME LARS <folders it may use> EXTERNAL <public imported targets> PRIVATE_EXTERNAL <hidden imported targets>)
# One folder of src/ is one library. Its LARS list is its row of the table in src/README.md; tools/check_layers compares both.
function(lars_library name)
  cmake_parse_arguments(ARG "" "" "LARS;EXTERNAL;PRIVATE_EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  list(TRANSFORM ARG_LARS PREPEND "lars_")
  if(NOT sources)  # headers alone
    add_library(lars_${name} INTERFACE)
    target_include_directories(lars_${name} INTERFACE "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
    target_link_libraries(lars_${name} INTERFACE ${ARG_LARS} ${ARG_EXTERNAL} ${ARG_PRIVATE_EXTERNAL})
    return()
  endif()
  add_library(lars_${name} STATIC ${sources})
  target_include_directories(lars_${name} PUBLIC "${CMAKE_SOURCE_DIR}/src" "${CMAKE_SOURCE_DIR}/include")
  target_link_libraries(lars_${name} PUBLIC ${ARG_LARS} ${ARG_EXTERNAL} PRIVATE lars_warnings ${ARG_PRIVATE_EXTERNAL})
endfunction()

# lars_test(NAME LINK <targets>): one Catch2 program from every .cpp of the calling folder.
function(lars_test name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} Catch2::Catch2WithMain lars_warnings)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT TARGET lars_tests)  # every test program, and nothing that no test needs
    add_custom_target(lars_tests)
  endif()
  add_dependencies(lars_tests ${name})
endfunction()
