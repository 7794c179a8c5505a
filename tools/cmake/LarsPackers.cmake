# CPack runs this before it packs: without dpkg-shlibdeps it would make, without a word, a package that depends on no library.
find_program(LARS_SHLIBDEPS dpkg-shlibdeps)
if(NOT LARS_SHLIBDEPS)
  message(FATAL_ERROR "The package's dependencies need dpkg-shlibdeps: apt-get install dpkg-dev")
endif()
