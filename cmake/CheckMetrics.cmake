# Fails when a metric is not in docs/metrics.md, or is there and in no program. Run by CTest as
# `metrics`.

cmake_minimum_required(VERSION 3.25)
get_filename_component(root ${CMAKE_CURRENT_LIST_DIR} DIRECTORY)
file(GLOB_RECURSE files ${root}/services/*.cc ${root}/services/*.h)
list(FILTER files EXCLUDE REGEX "_(test|suite)\\.cc$")
file(READ ${root}/docs/metrics.md page)

set(used "")
foreach(file IN LISTS files)
  file(READ ${file} text)
  string(REGEX MATCHALL "\"padlock_(cert|probe)_[a-z_]+\"" names "${text}")
  list(APPEND used ${names})
endforeach()
# The roles of the database have such names, too.
list(FILTER used INCLUDE REGEX "_(total|seconds|rows|workers|queued|in_flight|streams|healthy|validating)\"$")
list(REMOVE_DUPLICATES used)
list(TRANSFORM used REPLACE "\"" "")

string(REGEX MATCHALL "`padlock_(cert|probe)_[a-z_]+`" shown "${page}")
list(TRANSFORM shown REPLACE "`" "")
list(TRANSFORM shown REPLACE "_count$" "")  # of a histogram
list(REMOVE_DUPLICATES shown)

foreach(name IN LISTS used)
  if(NOT name IN_LIST shown)
    message(SEND_ERROR "${name} is not in docs/metrics.md")
  endif()
endforeach()
foreach(name IN LISTS shown)
  if(NOT name IN_LIST used)
    message(SEND_ERROR "docs/metrics.md has ${name}, which no program shows")
  endif()
endforeach()
