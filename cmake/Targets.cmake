# project_library(NAME SOURCES... DEPS... [PRIVATE_DEPS...])  one static library per folder;
#   PRIVATE_DEPS are what only its .cc files include.
# project_test(NAME SOURCES... DEPS... LABEL unit)  one CTest entry per TEST: for tests without
#   servers. With PADLOCK_WHOLE_PROGRAMS one for the whole binary: under a sanitizer the start of a
#   process takes longer than its test.
# project_suite(NAME SOURCES... DEPS... LABEL postgres|acme|dns|grpc|e2e [TIMEOUT seconds])  one
#   CTest entry for the whole binary, so that the servers it starts start once.
# LABEL_tests is the target that builds all tests with that label.

include(GoogleTest)

option(PADLOCK_WHOLE_PROGRAMS "One CTest entry for each test program, instead of for each TEST" OFF)

option(PADLOCK_FUZZ "Build the fuzz targets, which need clang and the address sanitizer" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

add_library(project_options INTERFACE)
target_include_directories(project_options INTERFACE ${PROJECT_SOURCE_DIR}/services
                                                     ${PROJECT_SOURCE_DIR}/tests)
target_compile_options(project_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor
  -Wno-missing-field-initializers  # aggregates are filled by designated initialisers
  # In a unity build every .cc file is included by another, which this warning is about.
  $<$<AND:$<BOOL:${CMAKE_UNITY_BUILD}>,$<CXX_COMPILER_ID:GNU>>:-Wno-subobject-linkage>
  # Clang counts changes of sign to -Wconversion, which GCC in C++ does not.
  -Woverloaded-virtual $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety;-Wno-sign-conversion> -Werror)

function(project_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE project_options ${arg_PRIVATE_DEPS})
  if(PADLOCK_FUZZ)
    # What fuzzers run, and watch the branches of; tests are neither, and compile faster so.
    target_compile_options(${name} PRIVATE -O1 -fsanitize=fuzzer-no-link)
  endif()
endfunction()

function(add_to_label label test)
  if(NOT TARGET ${label}_tests)
    add_custom_target(${label}_tests)
  endif()
  add_dependencies(${label}_tests ${test})
endfunction()

function(project_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} project_options GTest::gmock GTest::gtest_main)
  if(PADLOCK_WHOLE_PROGRAMS)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 180)
  else()
    # Without NO_PRETTY_VALUES the names hold the bytes of parameters, addresses included.
    gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 30 DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 60)
  endif()
  add_to_label(${arg_LABEL} ${name})
endfunction()

function(project_suite name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;DEPS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 180)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} project_options GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  # Those that may take longest begin first, so that nobody waits for one of them at the end.
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT}
                                          COST ${arg_TIMEOUT})
  add_to_label(${arg_LABEL} ${name})
endfunction()
