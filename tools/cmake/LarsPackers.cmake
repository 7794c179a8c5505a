# CPack runs this before it packs: without help2man it would make, without a word, a package without manual, without
# dpkg-shlibdeps one that depends on no library.
find_program(LARS_HELP2MAN help2man)
if(NOT LARS_HELP2MAN)
  message(FATAL_ERROR "The package's manual needs help2man: apt-get install help2man")
endif()
find_program(LARS_SHLIBDEPS dpkg-shlibdeps)
if(NOT LARS_SHLIBDEPS)
  message(FATAL_ERROR "The package's dependencies need dpkg-shlibdeps: apt-get install dpkg-dev")
endif()
