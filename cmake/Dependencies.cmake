# Where each library comes from on Debian 12. Only GTest, absl, gRPC, prometheus-cpp, spdlog,
# nlohmann_json and CLI11 ship a CMake config; the rest come from CMake's own modules or from
# pkg-config.

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL REQUIRED)
find_package(Protobuf REQUIRED)          # module mode: Debian ships no protobuf-config.cmake
find_package(gRPC CONFIG REQUIRED)       # after Protobuf; needs protobuf-compiler-grpc installed
find_package(absl CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(GTest CONFIG REQUIRED)

find_package(PkgConfig REQUIRED)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares>=1.18)
pkg_check_modules(pqxx REQUIRED IMPORTED_TARGET libpqxx>=6.4)
pkg_check_modules(httplib REQUIRED IMPORTED_TARGET cpp-httplib)  # for tests only
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(ldns REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(psl REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(idn2 REQUIRED IMPORTED_TARGET libidn2)
