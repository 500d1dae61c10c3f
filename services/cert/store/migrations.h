// The migrations that this binary carries, in order: versions 1, 2, 3, … without gaps.

#pragma once

#include <span>

namespace cert {

struct Migration {
  int version;
  const char* name;      // the file's, without ".sql"
  const char* checksum;  // SHA-256 of the file, in hex
  const char* sql;
};

std::span<const Migration> EmbeddedMigrations();

}  // namespace cert
