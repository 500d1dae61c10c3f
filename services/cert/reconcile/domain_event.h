// What a step tells of a domain, in its owner's events.

#pragma once

#include <string>
#include <utility>

#include "cert/core/model.h"

namespace cert {

inline Event DomainEventOf(const Domain& domain, EventType type, std::string message) {
  return {.type = type,
          .domain = domain.id,
          .certificate = domain.certificate,
          .actor = "padlock-cert",
          .request_id = domain.request_id,
          .message = std::move(message)};
}

}  // namespace cert
