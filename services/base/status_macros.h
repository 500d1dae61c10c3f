// RETURN_IF_ERROR and ASSIGN_OR_RETURN, named as Abseil HEAD names them (20220623 has neither).

#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expression)                    \
  do {                                                 \
    absl::Status padlock_status_ = (expression);       \
    if (!padlock_status_.ok()) return padlock_status_; \
  } while (false)

#define PADLOCK_CONCAT_INNER(a, b) a##b
#define PADLOCK_CONCAT(a, b) PADLOCK_CONCAT_INNER(a, b)

// `declaration` is declared in the enclosing scope: ASSIGN_OR_RETURN(const Foo foo, MakeFoo());
#define ASSIGN_OR_RETURN(declaration, expression) \
  PADLOCK_ASSIGN_OR_RETURN(PADLOCK_CONCAT(padlock_result_, __LINE__), declaration, expression)
#define PADLOCK_ASSIGN_OR_RETURN(result, declaration, expression) \
  auto result = (expression);                                     \
  if (!result.ok()) return std::move(result).status();            \
  declaration = *std::move(result)
