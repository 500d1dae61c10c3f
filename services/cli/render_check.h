// A finished check, for people: what every server said of every record. Pure.

#pragma once

#include <string>
#include <vector>

#include "padlock/cert/v1/resources.pb.h"

namespace cli {

std::string DecisionWord(padlock::cert::v1::CheckAttempt::Decision decision);

// A heading and, per record, a table perspective x server x outcome x values.
std::string RenderCheck(const padlock::cert::v1::CheckAttempt& check);

// The same as single lines, for a log: "TXT _padlock.shop.test: agreed", then one line per server.
std::vector<std::string> CheckLines(const padlock::cert::v1::CheckAttempt& check);

// What stops a domain or certificate, and what to do; several lines.
std::string RenderFinding(const padlock::cert::v1::Finding& finding);

}  // namespace cli
