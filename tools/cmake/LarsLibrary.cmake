# The folders that liblars is made of: client and what its row of the table names. Their objects go into a shared library
# too, and show nothing of themselves but what says so.
set(LARS_CLIENT_FOLDERS client share balance wire base)

# The .cpp files of the calling folder and of its sub-folders, but for those that are targets of their own.
function(lars_sources result)
  file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp" "${CMAKE_CURRENT_SOURCE_DIR}/*/*.cpp")
  set(sources)
  foreach(source IN LISTS found)
    cmake_path(GET source PARENT_PATH folder)
    if(folder STREQUAL CMAKE_CURRENT_SOURCE_DIR OR NOT EXISTS "${folder}/CMakeLists.txt")
      list(APPEND sources "${source}")
    endif()
  endforeach()
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# Lets the compiler read the sources of a target some at a time.
function(lars_unity target batch)
  if(NOT LARS_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch})
  # A source read through another one is taken for a header, whose types everybody would have to know.
  # clang takes a name of another source in it for one that is shadowed; the other compiler does not.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  else()
    target_compile_options(${target} PRIVATE -Wno-error=shadow)
  endif()
endfunction()

# lars_library(NAME LARS <folders it may use> EXTERNAL <public imported targets> PRIVATE_EXTERNAL <hidden imported targets>)
# One folder of src/, with its sub-folders, is one library. Its LARS list is its row of the table in src/README.md; tools/check_layers compares both.
function(lars_library name)
  cmake_parse_arguments(ARG "" "" "LARS;EXTERNAL;PRIVATE_EXTERNAL" ${ARGN})
  lars_sources(sources)
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
  lars_unity(lars_${name} 16)
  if(name IN_LIST LARS_CLIENT_FOLDERS)
    set_target_properties(lars_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden
      VISIBILITY_INLINES_HIDDEN ON)
    # A thread's own data at a fixed distance: no call to find it, and no need of the loader's library.
    target_compile_options(lars_${name} PRIVATE -ftls-model=initial-exec)
  endif()
endfunction()

# lars_test(NAME LINK <targets>): one Catch2 program from every .cpp of the calling folder and its sub-folders. Each test has a
# namespace with the name of its file, so that many are one source for the compiler.
function(lars_test name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  lars_sources(sources)
  add_executable(${name} ${sources})
  lars_unity(${name} 12)
  target_link_libraries(${name} PRIVATE ${ARG_LINK} Catch2::Catch2WithMain lars_warnings)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT TARGET lars_tests)  # every test program, and nothing that no test needs
    add_custom_target(lars_tests)
  endif()
  add_dependencies(lars_tests ${name})
endfunction()
