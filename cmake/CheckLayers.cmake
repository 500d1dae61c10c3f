# Fails when a file includes what its layer may not. Run by CTest as `layers`.
#
#   layer(PATH HEADERS allowed... [SOURCES allowed...])
#
# PATH is a folder or file below services/; of several that match, the longest rules. HEADERS is
# what its .h and .cc files may include, SOURCES what only its .cc files may. "absl/" stands for
# everything below, other words are exact. C++'s own headers (no dot, no slash) are always allowed.
# Every file needs a rule; tests (_test.cc, _suite.cc, testing/) are free.
#
# Arrows never turn back: base <- observation <- core <- {store, acme, publication, keys, dispatch}
# <- {app, reconcile}, which know those by their interfaces alone <- rpc <- main.cc.
# `cert` and `probe` never include each other.

cmake_minimum_required(VERSION 3.25)

set(services ${CMAKE_CURRENT_LIST_DIR}/../services)
set(layers "")

macro(layer path)
  cmake_parse_arguments(arg "" "" "HEADERS;SOURCES" ${ARGN})
  list(APPEND layers ${path})
  set(headers/${path} ${arg_HEADERS})
  set(sources/${path} ${arg_HEADERS} ${arg_SOURCES})
endmacro()

# Headers for .cc files and each other only: they may include what their folder's .cc files may, and
# keep it from everybody else.
set(private cert/keys/anchor_store.h cert/keys/key.h cert/keys/openssl_ptr.h cert/keys/weak_key.h
    cert/store/batching_transaction.h
    cert/store/pg_connection.h cert/store/statements.h cert/store/postgres_ca_records.h
    cert/store/postgres_transaction.h cert/store/row_values.h cert/store/session.h
    probe/http/transfer.h probe/resolver/socket_address.h)

# What several rules share.
set(system arpa/ netinet/ sys/ fcntl.h netdb.h poll.h pthread.h stdlib.h unistd.h)
set(pure absl/ base/backoff.h base/enum_names.h base/random.h base/status_macros.h base/strings.h
    observation/observation.h)
set(wire padlock/ google/protobuf/ grpcpp/ grpc/ transport/)
set(settings transport/config_fields.h transport/identity.h transport/tls.h)
set(interfaces cert/store/store.h cert/store/ca_records.h cert/store/notifications.h
    cert/store/record_moves.h cert/acme/client.h cert/publication/publisher.h
    cert/keys/caller_csr.h cert/keys/keys.h cert/keys/sealer.h cert/keys/trust_anchors.h
    cert/dispatch/prober.h)

layer(base HEADERS absl/ base/ SOURCES ${system} spdlog/ prometheus/ nlohmann/ microhttpd.h)
layer(observation HEADERS absl/ observation/observation.h SOURCES base/enum_names.h)
layer(observation/observation_proto
  HEADERS absl/ observation/ padlock/probe/v1/ google/protobuf/ SOURCES base/)
layer(transport HEADERS absl/ base/ ${wire} SOURCES ${system} openssl/ google/rpc/)

layer(cert/core HEADERS ${pure} cert/core/ SOURCES libpsl.h idn2.h)
layer(cert/store HEADERS absl/ base/ observation/ cert/core/ cert/store/
  SOURCES ${system} pqxx/ libpq-fe.h nlohmann/ openssl/)
layer(cert/acme HEADERS absl/ base/ cert/core/ cert/acme/
  SOURCES curl/ nlohmann/ openssl/ cert/keys/openssl_ptr.h)
layer(cert/publication HEADERS absl/ base/ cert/core/ cert/publication/ SOURCES ${system} ldns/)
layer(cert/keys HEADERS absl/ base/ cert/core/ cert/keys/ SOURCES openssl/)
layer(cert/dispatch HEADERS absl/ base/ observation/observation.h cert/core/ cert/dispatch/)

layer(cert/reconcile HEADERS absl/ base/ observation/observation.h cert/core/ cert/reconcile/
                             ${interfaces})
layer(cert/app HEADERS absl/ base/ observation/observation.h cert/core/ cert/app/ ${interfaces}
                       transport/identity.h)
layer(cert/http HEADERS absl/ base/ cert/core/ cert/http/ ${interfaces})
layer(cert/rpc HEADERS absl/ base/ observation/ cert/core/ cert/app/ cert/rpc/ ${interfaces}
                       cert/dispatch/dispatcher.h cert/dispatch/worker_session.h ${wire})
# Only config.cc and main.cc include config.h: it holds the options of what main.cc wires.
layer(cert/config.h HEADERS absl/ base/ cert/acme/ cert/core/ cert/dispatch/ cert/keys/
                            cert/publication/ cert/store/ ${settings})
layer(cert/config.cc HEADERS absl/ base/ cert/ ${wire})
layer(cert/config_rules HEADERS absl/ base/ cert/config.h cert/config_rules.h ${wire})
layer(cert/main.cc HEADERS absl/ base/ cert/ transport/ grpcpp/ CLI/ ${system})
layer(cert/authorities.h HEADERS base/ cert/)  # parts of main.cc
layer(cert/database.h HEADERS base/ cert/)
layer(cert/janitor.h HEADERS absl/ base/ cert/)
layer(cert/maintenance.h HEADERS absl/ base/ cert/ transport/)
layer(cert/options.h HEADERS base/ cert/)
layer(cert/rollover.h HEADERS absl/ base/ cert/)
layer(cert/recover.h HEADERS absl/ base/ cert/)
layer(cert/rotate_keys.h HEADERS absl/ base/ cert/)

layer(probe/core HEADERS ${pure} base/deadline.h probe/core/ SOURCES arpa/inet.h)
layer(probe/check HEADERS absl/ base/ observation/observation.h probe/core/ probe/check/)
layer(probe/http HEADERS absl/ base/ probe/core/ probe/http/ SOURCES netinet/in.h sys/socket.h curl/)
layer(probe/resolver HEADERS absl/ base/ probe/core/ probe/check/ probe/http/curl_fetcher.h
                             probe/resolver/
  SOURCES ${system} linux/errqueue.h ares.h)
layer(probe/rpc HEADERS absl/ base/ observation/ probe/core/ probe/check/checker.h probe/rpc/
                        ${wire} SOURCES ${system})
layer(probe/config.h HEADERS absl/ base/ probe/core/ probe/resolver/ ${settings})
layer(probe/config.cc HEADERS absl/ base/ probe/ ${wire})
layer(probe/main.cc HEADERS absl/ base/ probe/ transport/ grpcpp/ CLI/ ${system})

layer(cli HEADERS absl/ base/ observation/ cli/ sys/types.h ${wire}
  SOURCES ${system} nlohmann/ CLI/ openssl/)

# Sets `rule` to the longest layer that `file` lies in, or to nothing.
function(find_layer file)
  set(longest "")
  foreach(layer IN LISTS layers)
    string(LENGTH "${longest}" longest_length)
    string(LENGTH "${layer}" length)
    if(file MATCHES "^${layer}([/.]|$)" AND length GREATER longest_length)
      set(longest ${layer})
    endif()
  endforeach()
  set(rule "${longest}" PARENT_SCOPE)
endfunction()

# Sets `allowed` to whether `header` is C++'s own or covered by one of the words after it.
function(find_allowed header)
  set(allowed TRUE PARENT_SCOPE)
  if(header MATCHES "^[a-z_0-9]+$")
    return()
  endif()
  foreach(word IN LISTS ARGN)
    string(FIND ${header} ${word} at)
    if(header STREQUAL word OR (word MATCHES "/$" AND at EQUAL 0))
      return()
    endif()
  endforeach()
  set(allowed FALSE PARENT_SCOPE)
endfunction()

# Says what `file` may not include, and sets `broken` then.
function(check_file file)
  find_layer(${file})
  if(NOT rule)
    message("services/${file}: no rule for it")
    set(broken TRUE PARENT_SCOPE)
    return()
  endif()
  set(kind headers)
  if(file MATCHES "\\.cc$" OR file IN_LIST private)
    set(kind sources)
  endif()
  file(STRINGS ${services}/${file} lines REGEX "^[ \t]*#[ \t]*include")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^[ \t]*#[ \t]*include[ \t]*[<\"]([^>\"]+)[>\"].*" "\\1" header "${line}")
    find_allowed(${header} ${${kind}/${rule}})
    if(NOT allowed OR (kind STREQUAL headers AND header IN_LIST private))
      message("services/${file}: ${header} (rule `${rule}`, ${kind})")
      set(broken TRUE PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

file(GLOB_RECURSE files RELATIVE ${services} ${services}/*.h ${services}/*.cc)
list(FILTER files EXCLUDE REGEX "_test\\.cc$|_suite\\.cc$|/testing/")
set(broken FALSE)
foreach(file IN LISTS files)
  check_file(${file})
endforeach()
if(broken)
  message(FATAL_ERROR "forbidden includes: see above, and the rules in cmake/CheckLayers.cmake")
endif()
