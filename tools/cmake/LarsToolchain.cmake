# Compiler-wide choices: ccache where present, warnings on our own code alone, sanitizers for a whole build.
find_program(LARS_CCACHE ccache)
if(LARS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${LARS_CCACHE}")
endif()

add_library(lars_warnings INTERFACE)
target_compile_options(lars_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow $<$<BOOL:${LARS_WERROR}>:-Werror>)

if(LARS_SANITIZE)
  add_compile_options(-fsanitize=${LARS_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${LARS_SANITIZE})
  if(LARS_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
    if(NOT LARS_FUZZ)
      # These checks take a third of the time to compile. AddressSanitizer finds most of what they would; the fuzz build
      # has them all.
      add_compile_options(-fno-sanitize=null,vptr,object-size,alignment,pointer-overflow)
    endif()
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False in instrumented code: GCC 12 loses sight of what an optional and a coroutine's frame hold.
    add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  endif()
  if(LARS_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # std::atomic_thread_fence is not modelled by TSan; code that needs it says so where it stands.
    add_compile_options(-Wno-tsan)
  endif()
endif()

if(LARS_FUZZ)  # coverage feedback in the libraries too; the fuzz targets alone link libFuzzer's main
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
